import Penstock
import Synchronization
import Telemetry

/// A pool that is not in the settings: its jobs end once nobody has served it for a while.
///
/// The time counts from when this process first sees it so; a process with other settings may still serve it.
final class RemovedPool: Sendable {
    private static let jobsPerStep = 200

    private struct Look {
        var unservedSince: Timestamp
        var takenJobs: Int
    }

    private let keeper: PoolKeeper
    private let grace: Duration
    private let last = Mutex<Look?>(nil)

    init(keeper: PoolKeeper, grace: Duration) {
        self.keeper = keeper
        self.grace = grace
    }

    func endUnserved() async throws {
        let overview = try await keeper.queue.overview(tenants: 1)
        let now = keeper.clock.now()
        let since = last.withLock { last in
            let isServed = overview.running > 0 || last.map { $0.takenJobs != overview.takenJobs } ?? false
            let look = last.flatMap { isServed ? nil : $0 }
            last = look ?? Look(unservedSince: now, takenJobs: overview.takenJobs)
            return last?.unservedSince ?? now
        }
        guard overview.running == 0, now.since(since) >= grace else { return }
        try await endAll(at: now)
    }

    /// The ledger first, then the queue.
    private func endAll(at now: Timestamp) async throws {
        var cursor: String?
        var ended = 0
        repeat {
            let page = try await keeper.queue.jobs(after: cursor, limit: Self.jobsPerStep)
            if !page.jobs.isEmpty {
                _ = try await keeper.ledger.decide(page.jobs.map { row(of: $0, at: now) })
                try await keeper.queue.remove(page.jobs)
                ended += page.jobs.count
            }
            cursor = page.cursor
        } while cursor != nil
        guard ended > 0 else { return }
        keeper.logger.warning(
            "jobs of a pool that is not in the settings ended",
            [.pool: .text(keeper.queue.pool.text), .count: .integer(ended)]
        )
    }

    private func row(of queued: QueuedJob, at now: Timestamp) -> TerminalRow {
        let isLate = queued.job.deadline <= now
        let error =
            isLate
            ? JobError(.callerDeadlineExceeded, "The deadline passed before the job could run.")
            : JobError(.penstockPoolRemoved, "The pool that the job waited in is no longer configured.")
        return TerminalRow(
            of: queued.job,
            state: isLate ? .expired : .failed,
            finishedAt: now,
            error: error,
            attempts: queued.attempts
        )
    }
}
