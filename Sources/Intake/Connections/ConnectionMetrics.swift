import CoreMetrics
import Synchronization

/// The numbers of one server's connections.
final class ConnectionMetrics: Sendable {
    let refused: Counter
    let replaced: Counter
    /// Accepting failed for want of descriptors.
    let starved: Counter
    private let open: Gauge
    private let count = Mutex(0)

    /// - Parameter server: `intake` or `operations`.
    init(server: String, factory: any MetricsFactory = MetricsSystem.factory) {
        let dimensions = [("server", server)]
        refused = Counter(label: "penstock_connections_refused", dimensions: dimensions, factory: factory)
        replaced = Counter(label: "penstock_connections_replaced", dimensions: dimensions, factory: factory)
        starved = Counter(label: "penstock_connections_starved", dimensions: dimensions, factory: factory)
        open = Gauge(label: "penstock_connections_open", dimensions: dimensions, factory: factory)
    }

    func opened() { change(by: 1) }

    func closed() { change(by: -1) }

    private func change(by difference: Int) {
        count.withLock { count in
            count += difference
            open.record(count)
        }
    }
}
