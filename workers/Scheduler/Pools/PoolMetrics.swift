import CoreMetrics
import Penstock

/// Gauges of one pool's queue and what the scheduler did to it.
struct PoolMetrics: Sendable {
    private let waiting: Gauge
    private let running: Gauge
    private let delayed: Gauge
    private let tenants: Gauge
    private let spooled: Gauge
    private let spooledBytes: Gauge
    private let unspooled: Counter
    private let expired: Counter
    private let reclaimed: Counter
    private let quarantined: Counter

    init(pool: PoolName, factory: any MetricsFactory) {
        let labels = [("pool", pool.text)]
        waiting = Gauge(label: "penstock_jobs_waiting", dimensions: labels, factory: factory)
        running = Gauge(label: "penstock_jobs_running", dimensions: labels, factory: factory)
        delayed = Gauge(label: "penstock_jobs_delayed", dimensions: labels, factory: factory)
        tenants = Gauge(label: "penstock_tenants_waiting", dimensions: labels, factory: factory)
        spooled = Gauge(label: "penstock_spool_outcomes", dimensions: labels, factory: factory)
        spooledBytes = Gauge(label: "penstock_spool_bytes", dimensions: labels, factory: factory)
        unspooled = Counter(label: "penstock_spool_written", dimensions: labels, factory: factory)
        expired = Counter(label: "penstock_jobs_expired", dimensions: labels, factory: factory)
        reclaimed = Counter(label: "penstock_leases_reclaimed", dimensions: labels, factory: factory)
        quarantined = Counter(label: "penstock_jobs_poisoned", dimensions: labels, factory: factory)
    }

    func show(_ snapshot: PoolSnapshot) {
        waiting.record(snapshot.waiting)
        running.record(snapshot.running)
        delayed.record(snapshot.delayed)
        tenants.record(snapshot.tenants)
        spooled.record(snapshot.spooled)
        spooledBytes.record(snapshot.spooledBytes)
    }

    func countExpired(_ jobs: Int) { expired.increment(by: jobs) }
    func countUnspooled(_ outcomes: Int) { unspooled.increment(by: outcomes) }
    func countReclaimed() { reclaimed.increment() }
    func countPoisoned() { quarantined.increment() }
}
