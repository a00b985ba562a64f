import Logging
import Penstock
import Telemetry

/// One attempt, from the leased delivery to its outcome in the ledger. Of a URL only the destination is logged: path and
/// query may hold secrets.
struct DeliveryAttempt: Sendable {
    private static let step = "write a webhook's outcome"

    let ledger: any WebhookLedger
    let sender: any WebhookSender
    let board: LaneBoard
    let health: EndpointHealth
    let schedule: WebhookSchedule
    let clock: WallClock
    let metrics: CourierMetrics
    let outages: OutageLog
    let logger: Logger

    /// - Returns: whether the receiver took it.
    func run(_ delivery: WebhookDelivery) async -> Bool {
        do {
            switch try await receiver(of: delivery) {
            case .gone(let reason):
                try await finish(delivery.givenUp(reason))
                metrics.gaveUp(1)
                return false
            case .at(let url, let secrets): return try await send(delivery, to: url, secrets)
            }
        } catch {
            // Its lease ends, and then it is sent again under the same id.
            outages.failed(Self.step, because: Store.behind(error) ?? Self.step, error)
            return false
        }
    }

    private enum Receiver {
        case at(url: String, secrets: [Secret])
        case gone(String)
    }

    /// Read for every attempt: a secret that was rotated out must not sign any more.
    private func receiver(of delivery: WebhookDelivery) async throws -> Receiver {
        if let target = delivery.target { return .at(url: target.url, secrets: [target.secret]) }
        guard let id = delivery.endpoint, let endpoint = try await ledger.webhookEndpoint(id) else {
            return .gone("the endpoint was deleted")
        }
        guard endpoint.disabledAt == nil else { return .gone("the endpoint is disabled") }
        return .at(url: endpoint.url, secrets: endpoint.secrets(at: clock.now()))
    }

    private func send(_ delivery: WebhookDelivery, to url: String, _ secrets: [Secret]) async throws -> Bool {
        let start = ContinuousClock.now
        let answer = await sender.send(delivery.body, id: delivery.id, to: url, signedWith: secrets, at: clock.now())
        let time = start.duration(to: .now)
        let now = clock.now()
        // What was answered counts, even if the process is told to stop at the same moment.
        if answer.status == nil, Task.isCancelled {
            try await finish(delivery.handedBack(at: now))
            metrics.attempted(.handedBack, in: time)
            return false
        }
        let verdict = WebhookVerdict(
            answer,
            attempts: delivery.attempts + 1,
            schedule: schedule,
            now: now,
            jitter: .random(in: 0...1)
        )
        if case .retry(_, let hold?) = verdict { board.hold(delivery.destination, until: hold, at: now) }
        let ended = delivery.after(answer, verdict, at: now)
        let isMine = try await finish(ended)
        note(ended, verdict, in: time, isMine: isMine, at: now)
        try await health.note(verdict, of: delivery, sentTo: url, at: now)
        return verdict == .delivered
    }

    /// Not in this task: its cancellation must not keep the outcome from being written.
    @discardableResult
    private func finish(_ delivery: WebhookDelivery) async throws -> Bool {
        let isMine = try await Task { try await ledger.finish(delivery) }.value
        outages.worked(Self.step)
        return isMine
    }

    private func note(
        _ delivery: WebhookDelivery,
        _ verdict: WebhookVerdict,
        in time: Duration,
        isMine: Bool,
        at now: Timestamp
    ) {
        var fields = fields(delivery)
        fields[.durationMs] = .number(time.inSeconds * 1000)
        fields[.reason] = delivery.lastError.map { .text($0) }
        if !isMine { logger.info("a webhook was sent after its lease was lost", fields) }
        switch verdict {
        case .delivered:
            metrics.attempted(.delivered, in: time)
            if isMine { metrics.delivered(after: now.since(delivery.createdAt)) }
            logger.debug("webhook delivered", fields)
        case .retry:
            metrics.attempted(.failed, in: time)
            logger.info("webhook not taken, will be sent again", fields)
        case .exhausted, .gone:
            metrics.attempted(verdict == .gone ? .gone : .exhausted, in: time)
            if isMine { metrics.gaveUp(1) }
            logger.warning("webhook given up", fields)
        }
    }

    private func fields(_ delivery: WebhookDelivery) -> LogFields {
        [
            .webhookID: .text(delivery.id), .tenant: .text(delivery.tenant.text),
            .target: .text(delivery.destination), .count: .integer(delivery.attempts),
        ]
    }
}
