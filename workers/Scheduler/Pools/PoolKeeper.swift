import Logging
import Penstock
import Telemetry

/// Keeps one pool's queue moving: its clock, what is overdue, and the jobs of dead workers.
struct PoolKeeper: Sendable {
    private static let jobsPerStep = 200

    let queue: any JobQueue
    let pool: Pool?
    let ledger: any Ledger
    let maxDeaths: Int
    let clock: WallClock
    let metrics: PoolMetrics
    let logger: Logger

    /// - Returns: what the pool holds.
    @discardableResult
    func tick() async throws -> PoolSnapshot {
        let snapshot = try await queue.tick()
        metrics.show(snapshot)
        return snapshot
    }

    /// Ends what waits past its deadline: the ledger first, then the queue.
    func expire() async throws {
        while true {
            let overdue = try await queue.overdue(limit: Self.jobsPerStep)
            guard !overdue.isEmpty else { return }
            let now = clock.now()
            let error = JobError(.callerDeadlineExceeded, "The deadline passed before the job could run.")
            let rows = overdue.map {
                TerminalRow(of: $0.job, state: .expired, finishedAt: now, error: error, attempts: $0.attempts)
            }
            _ = try await ledger.decide(rows)
            try await queue.remove(overdue)
            metrics.countExpired(overdue.count)
        }
    }

    /// Gives the ledger what it could not take before.
    func unspool() async throws {
        let written = try await SpoolWriter(queue: queue, ledger: ledger, logger: logger).writeAll()
        metrics.countUnspooled(written)
    }

    /// Brings back the jobs of workers that fell silent.
    func reclaim() async throws {
        let orphans = try await queue.orphans(limit: Self.jobsPerStep)
        guard !orphans.isEmpty else { return }
        logger.notice(
            "jobs of a silent worker are brought back",
            [.pool: .text(queue.pool.text), .count: .integer(orphans.count)]
        )
        try await withThrowingDiscardingTaskGroup { group in
            for orphan in orphans { group.addTask { try await recover(orphan) } }
        }
    }

    private func recover(_ orphan: Orphan) async throws {
        // The call may have been made and billed: the books say so before the job runs again.
        _ = try await ledger.record(Completion(attempt: unknownAttempt(orphan), terminal: nil))
        metrics.countReclaimed()
        if try await ledger.terminalRow(of: orphan.job.id) != nil {
            try await settle(orphan)
        } else if orphan.deaths >= maxDeaths {
            try await quarantine(orphan)
        } else {
            try await queue.requeue(orphan)
        }
    }

    private func quarantine(_ orphan: Orphan) async throws {
        try await ledger.keepForRequeue(orphan.job, pool: queue.pool)
        let error = JobError(.penstockPoison, "\(orphan.deaths) workers died while they held this job.")
        let row = TerminalRow(
            of: orphan.job,
            state: .failed,
            finishedAt: clock.now(),
            error: error,
            attempts: orphan.attempts
        )
        _ = try await ledger.decide([row])
        try await settle(orphan)
        metrics.countPoisoned()
        logger.error("job quarantined", [.jobID: .text(orphan.job.id.text), .count: .integer(orphan.deaths)])
    }

    private func settle(_ orphan: Orphan) async throws {
        let unknown = Settlement(usage: nil, mayHaveBeenSent: true, chargesTenant: false)
        _ = try await queue.settle(orphan.lease, unknown)
    }

    private func unknownAttempt(_ orphan: Orphan) -> AttemptRow {
        let now = clock.now()
        return AttemptRow(
            id: orphan.lease.token,
            job: orphan.job.id,
            batch: orphan.job.line?.batch,
            tenant: orphan.job.tenant,
            tags: orphan.job.tags,
            pool: queue.pool,
            target: orphan.target,
            provider: pool?.target(named: orphan.target)?.provider ?? "unknown",
            model: orphan.job.model,
            startedAt: orphan.takenAt,
            durationMilliseconds: now.milliseconds - orphan.takenAt.milliseconds,
            outcome: .unknown,
            statusCode: nil,
            usage: nil,
            cost: nil,
            priceVersion: "unknown"
        )
    }
}
