import Penstock
import Synchronization

/// Wakes the autoscaler when an empty pool gets work: the first job does not wait for the next look.
final class AutoscalerBell: Sendable {
    /// What a set's loop waits for.
    enum Event: Sendable {
        /// A look is due.
        case tick
        /// A pool of the set got work.
        case ring
    }

    private let sinks = Mutex<[(pools: Set<PoolName>, sink: AsyncStream<Event>.Continuation)]>([])

    /// The rings of a set's pools, and whatever else is yielded to its continuation.
    func events(of set: WorkerSet) -> (AsyncStream<Event>, AsyncStream<Event>.Continuation) {
        // Looks that are late do not pile up.
        let (stream, sink) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(4))
        sinks.withLock { $0.append((Set(set.pools), sink)) }
        return (stream, sink)
    }

    func ring(_ pool: PoolName) {
        for entry in sinks.withLock({ $0 }) where entry.pools.contains(pool) { entry.sink.yield(.ring) }
    }
}
