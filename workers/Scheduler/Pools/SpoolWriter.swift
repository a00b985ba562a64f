import Logging
import Penstock
import Telemetry

/// Gives the ledger what workers left in a queue while it was away.
struct SpoolWriter: Sendable {
    let queue: any JobQueue
    let ledger: any Ledger
    let logger: Logger

    /// Until nothing is left that can be written. Repeating what was written already changes nothing.
    ///
    /// - Returns: how many outcomes the ledger has now.
    /// - Throws: `LedgerUnavailable` while it still is away.
    @discardableResult
    func writeAll() async throws -> Int {
        var written = 0
        var damaged = 0
        var cursor: String?
        repeat {
            let page = try await queue.spooled(after: cursor)
            try await write(page.entries)
            written += page.entries.count
            damaged += page.damaged
            cursor = page.cursor
        } while cursor != nil
        if written > 0 {
            logger.notice(
                "outcomes that waited for the ledger are written",
                [.pool: .text(queue.pool.text), .count: .integer(written)]
            )
        }
        if damaged > 0 {
            logger.error(
                "outcomes in the queue cannot be read and stay there",
                [.pool: .text(queue.pool.text), .count: .integer(damaged)]
            )
        }
        return written
    }

    private func write(_ entries: [SpooledCompletion]) async throws {
        // At once, so that they share commits.
        try await withThrowingDiscardingTaskGroup { group in
            for entry in entries { group.addTask { _ = try await ledger.record(entry.completion) } }
        }
        try await queue.unspool(entries)
    }
}
