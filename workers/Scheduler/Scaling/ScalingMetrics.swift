import CoreMetrics
import Penstock
import Synchronization

/// The gauges of one set's plan, which autoscalers of other orchestrators read. Before the first plan there are none: a
/// count of 0 that nobody planned would send all workers away.
final class ScalingMetrics: Sendable {
    private let set: WorkerSetName
    private let factory: any MetricsFactory
    private let gauges = Mutex<Gauges?>(nil)

    private struct Gauges: Sendable {
        let desired: [ScalingReason: Gauge]
        let ready: Gauge
    }

    init(set: WorkerSetName, factory: any MetricsFactory) {
        self.set = set
        self.factory = factory
    }

    /// A reason that no longer holds goes to 0, so that the sum over all reasons is the count.
    func show(_ plan: WorkerPlan) {
        gauges.withLock { known in
            let gauges = known ?? make()
            known = gauges
            for (reason, gauge) in gauges.desired where reason != plan.reason { gauge.record(0) }
            gauges.desired[plan.reason]?.record(plan.count)
            gauges.ready.record(plan.now.ready)
        }
    }

    private func make() -> Gauges {
        let labels = [("pool", set.text)]
        let desired = ScalingReason.allCases.map { reason in
            let labels = labels + [("reason", reason.rawValue)]
            return (reason, Gauge(label: "penstock_workers_desired", dimensions: labels, factory: factory))
        }
        return Gauges(
            desired: Dictionary(uniqueKeysWithValues: desired),
            ready: Gauge(label: "penstock_workers_ready", dimensions: labels, factory: factory)
        )
    }
}
