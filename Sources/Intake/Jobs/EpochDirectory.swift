import Penstock
import Synchronization

/// Knows the present epoch of every queue, asking each about once a second at most.
final class EpochDirectory: Sendable {
    private struct Entry {
        let epoch: PoolEpoch
        let until: ContinuousClock.Instant
    }

    private static let lifetime = Duration.seconds(1)

    private let queues: [PoolName: any JobQueue]
    private let entries = Mutex<[PoolName: Entry]>([:])

    private let removedQueues: @Sendable () async throws -> [any JobQueue]

    /// - Parameter removedQueues: those of pools that are no longer in the settings.
    init(
        queues: [PoolName: any JobQueue],
        removedQueues: @escaping @Sendable () async throws -> [any JobQueue] = { [] }
    ) {
        self.queues = queues
        self.removedQueues = removedQueues
    }

    /// The epoch in which jobs of this queue are minted now.
    func epoch(of queue: any JobQueue) async throws -> PoolEpoch {
        let now = ContinuousClock.now
        let known = entries.withLock { $0[queue.pool] }
        if let known, known.until > now { return known.epoch }
        let epoch = try await queue.epoch()
        entries.withLock { $0[queue.pool] = Entry(epoch: epoch, until: now.advanced(by: Self.lifetime)) }
        return epoch
    }

    /// The queue whose present epoch this is; nil when it is gone, or never was.
    func queue(of epoch: PoolEpoch) async throws -> (any JobQueue)? {
        let known = entries.withLock { entries in entries.first { $0.value.epoch == epoch }?.key }
        if let known, let queue = queues[known], try await self.epoch(of: queue) == epoch { return queue }
        for queue in queues.values where try await self.epoch(of: queue) == epoch { return queue }
        for queue in try await removedQueues() where try await self.epoch(of: queue) == epoch { return queue }
        return nil
    }

    var all: [any JobQueue] { Array(queues.values) }
}
