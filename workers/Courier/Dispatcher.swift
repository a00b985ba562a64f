import Logging
import Penstock
import Telemetry

/// Turns events into deliveries.
struct Dispatcher: Sendable {
    /// Events per round; a crash repeats at most these.
    private static let page = 200

    let ledger: any WebhookLedger
    let clock: WallClock
    /// Told of every destination that has something new.
    let announce: @Sendable (String) -> Void

    /// One round.
    ///
    /// - Returns: whether there may be more.
    func round() async throws -> Bool {
        let events = try await ledger.undispatchedEvents(limit: Self.page)
        guard !events.isEmpty else { return false }
        let endpoints = try await endpoints(of: Set(events.map(\.tenant)))
        let now = clock.now()
        let deliveries = events.flatMap {
            WebhookFanOut.deliveries(of: $0, to: endpoints[$0.tenant] ?? [], at: now)
        }
        try await ledger.dispatch(events, as: deliveries)
        for destination in Set(deliveries.map(\.destination)) { announce(destination) }
        return events.count == Self.page
    }

    /// Read in every round: an endpoint that was registered before an event must not be missed.
    private func endpoints(of tenants: Set<TenantID>) async throws -> [TenantID: [WebhookEndpoint]] {
        var endpoints: [TenantID: [WebhookEndpoint]] = [:]
        for tenant in tenants {
            endpoints[tenant] = try await ledger.allWebhookEndpoints(of: tenant)
        }
        return endpoints
    }
}
