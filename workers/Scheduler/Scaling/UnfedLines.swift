import Penstock

/// Lines of batches that are meant for a pool and not yet in its queue: a queue holds a window of each batch only.
struct UnfedLines: Sendable {
    /// Feeds that one look asks about; the others are taken to be like these.
    private static let mostFeeds = 100

    let ledger: any Ledger
    let queues: [PoolName: any JobQueue]

    /// - Throws: `LedgerUnavailable` or `QueueUnavailable`.
    func count() async throws -> [PoolName: Int] {
        let feeds = try await ledger.unfinishedBatches().filter(\.isFed).flatMap { batch in
            batch.linesPerPool.map { (batch: batch, pool: $0.key, lines: $0.value) }
        }
        let share = Double(feeds.count) / Double(max(1, min(feeds.count, Self.mostFeeds)))
        var counts: [PoolName: Int] = [:]
        for feed in feeds.prefix(Self.mostFeeds) {
            guard let queue = queues[feed.pool] else { continue }
            let cursor = try await queue.feedState(of: feed.batch.id)?.cursor ?? .start
            let lines = Double(feed.lines) * feed.batch.part(after: cursor) * share
            counts[feed.pool, default: 0] += Int(lines)
        }
        return counts
    }
}

extension BatchRecord {
    /// Whether its lines go to the queues.
    fileprivate var isFed: Bool { state == .inProgress && pausedAt == nil && maxCostReachedAt == nil }

    /// Of all its lines those from a cursor on, 0 to 1.
    fileprivate func part(after cursor: FeedCursor) -> Double {
        guard cursor != .end, total > 0 else { return 0 }
        return max(0, Double(total - cursor.line + 1) / Double(total))
    }
}
