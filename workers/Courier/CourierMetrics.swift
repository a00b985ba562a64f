import CoreMetrics
import Penstock

/// What a courier counts.
struct CourierMetrics: Sendable {
    private let attempts: [AttemptResult: Counter]
    private let delivered: Counter
    private let failed: Counter
    private let disabled: Counter
    private let duration: Timer
    private let age: Timer
    private let events: Gauge
    private let due: Gauge
    private let oldest: Gauge

    init(_ factory: any MetricsFactory) {
        let counters = AttemptResult.allCases.map { result in
            let labels = [("result", result.rawValue)]
            return (result, Counter(label: "penstock_webhook_attempts", dimensions: labels, factory: factory))
        }
        attempts = Dictionary(uniqueKeysWithValues: counters)
        func ended(_ state: WebhookDelivery.State) -> Counter {
            Counter(label: "penstock_webhooks_ended", dimensions: [("state", state.rawValue)], factory: factory)
        }
        delivered = ended(.delivered)
        failed = ended(.failed)
        disabled = Counter(label: "penstock_webhook_endpoints_disabled", factory: factory)
        duration = Timer(label: "penstock_webhook_attempt_seconds", factory: factory)
        age = Timer(label: "penstock_webhook_age_seconds", factory: factory)
        events = Gauge(label: "penstock_webhook_events_waiting", factory: factory)
        due = Gauge(label: "penstock_webhooks_due", factory: factory)
        oldest = Gauge(label: "penstock_webhooks_oldest_due_seconds", factory: factory)
    }

    func attempted(_ result: AttemptResult, in time: Duration) {
        attempts[result]?.increment()
        duration.recordNanoseconds(time.wholeMilliseconds * 1_000_000)
    }

    /// - Parameter age: from the event to its delivery.
    func delivered(after age: Duration) {
        delivered.increment()
        self.age.recordNanoseconds(max(0, age.wholeMilliseconds) * 1_000_000)
    }

    func gaveUp(_ count: Int) { failed.increment(by: count) }
    func disabledEndpoint() { disabled.increment() }

    func show(_ backlog: WebhookBacklog, at now: Timestamp) {
        events.record(backlog.events)
        due.record(backlog.due)
        oldest.record(backlog.oldestDueAt.map { max(0, now.since($0).inSeconds) } ?? 0)
    }
}

/// How one attempt ended.
enum AttemptResult: String, CaseIterable {
    /// The receiver took it.
    case delivered
    /// It failed and is tried again.
    case failed
    /// It failed for the last time.
    case exhausted
    /// The receiver is gone for good.
    case gone
    /// The process stopped in the middle.
    case handedBack = "handed_back"
}
