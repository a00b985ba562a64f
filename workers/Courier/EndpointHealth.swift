import Logging
import Penstock
import Telemetry

/// Follows how a registered endpoint fares: one that is gone, or has taken nothing for long, is sent nothing any more,
/// and its owner is told through the other endpoints.
struct EndpointHealth: Sendable {
    let ledger: any WebhookLedger
    /// How long an endpoint may take nothing.
    let patience: Duration
    let metrics: CourierMetrics
    let logger: Logger

    /// - Parameter url: where it was sent: an endpoint that moved meanwhile is not judged by that.
    func note(_ verdict: WebhookVerdict, of delivery: WebhookDelivery, sentTo url: String, at now: Timestamp)
        async throws
    {
        guard let id = delivery.endpoint else { return }
        while let endpoint = try await ledger.webhookEndpoint(id), endpoint.disabledAt == nil, endpoint.url == url {
            var changed = endpoint
            switch verdict {
            case .delivered: changed.failingSince = nil
            case .gone: changed.disable(.gone, at: now)
            case .retry, .exhausted: changed.noteFailure(at: now, patience: patience)
            }
            if changed == endpoint { return }
            // First, so that a crash in between tells it once more instead of never.
            if changed.disabledAt != nil { try await notify(about: changed, at: now) }
            guard let stored = try await ledger.replace(changed) else { continue }
            if let reason = stored.disabledReason { try await disabled(stored, reason) }
            return
        }
    }

    private func disabled(_ endpoint: WebhookEndpoint, _ reason: WebhookEndpoint.DisabledReason) async throws {
        let failed = try await ledger.failDeliveries(to: endpoint.destination, reason: reason.text)
        metrics.disabledEndpoint()
        metrics.gaveUp(failed)
        logger.warning(
            "a webhook endpoint is disabled",
            [
                .tenant: .text(endpoint.tenant.text), .target: .text(endpoint.id), .reason: .text(reason.text),
                .count: .integer(failed),
            ]
        )
    }

    private func notify(about endpoint: WebhookEndpoint, at now: Timestamp) async throws {
        let event = WebhookEvent(
            type: .endpointDisabled,
            subject: endpoint.id,
            tenant: endpoint.tenant,
            createdAt: now,
            target: nil
        )
        let others = try await ledger.allWebhookEndpoints(of: endpoint.tenant).filter { $0.id != endpoint.id }
        try await ledger.dispatch([], as: WebhookFanOut.deliveries(of: event, to: others, at: now))
    }
}

extension WebhookEndpoint.DisabledReason {
    fileprivate var text: String {
        switch self {
        case .gone: "the receiver is gone: it answered 410"
        case .failing: "the receiver has taken nothing for too long"
        }
    }
}
