import CoreMetrics
import Penstock

/// What a fleet counts of one set's workers.
struct FleetMetrics: Sendable {
    let workers: Gauge
    let share: Gauge
    let starts: Counter
    /// Asked to finish and end.
    let drains: Counter
    /// Ended after they were asked to.
    let stops: Counter
    /// Ended without being asked.
    let crashes: Counter

    init(set: WorkerSetName, factory: any MetricsFactory) {
        let labels = [("pool", set.text)]
        workers = Gauge(label: "penstock_fleet_workers", dimensions: labels, factory: factory)
        share = Gauge(label: "penstock_fleet_share", dimensions: labels, factory: factory)
        starts = Counter(label: "penstock_fleet_worker_starts", dimensions: labels, factory: factory)
        drains = Counter(label: "penstock_fleet_worker_drains", dimensions: labels, factory: factory)
        stops = Counter(label: "penstock_fleet_worker_stops", dimensions: labels, factory: factory)
        crashes = Counter(label: "penstock_fleet_worker_crashes", dimensions: labels, factory: factory)
    }
}
