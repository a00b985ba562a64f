package import Penstock
import Redis

extension RedisJobQueue {
    /// Silence of all schedulers after which leases are given time to be renewed.
    private static let outageMilliseconds = 5000
    /// Reclaimed a little before its end, so that a dead worker's jobs and slots are back within one lease, although
    /// they are looked for only once a second. Calls are begun only under leases that are much fresher.
    private var silenceMilliseconds: Int64 { leaseMilliseconds * 80 / 100 }
    /// The consumer that holds reclaimed entries until they are requeued.
    private static let reclaimer = "penstock-reclaimer"

    package func remove(_ jobs: [QueuedJob]) async throws {
        for start in stride(from: 0, to: jobs.count, by: Self.jobsPerChange) {
            let chunk = jobs[start..<min(start + Self.jobsPerChange, jobs.count)].map(\.job.id.text)
            _ = try await run(QueueScripts.remove, chunk)
        }
    }

    package func cancel(_ job: JobID) async throws {
        _ = try await run(QueueScripts.remove, [job.text])
    }

    package func overdue(limit: Int) async throws -> [QueuedJob] {
        let limit = min(limit, Self.jobsPerLook)
        return try ReplyReader(try await run(QueueScripts.overdue, [limit])).lists().map { try $0.queuedJob(at: 0) }
    }

    package func jobs(of batch: BatchID, after cursor: String?, limit: Int) async throws -> JobPage {
        try page(try await run(QueueScripts.batch, [batch.text, cursor ?? "0", min(limit, Self.jobsPerLook)]))
    }

    package func jobs(after cursor: String?, limit: Int) async throws -> JobPage {
        try page(try await run(QueueScripts.jobs, [cursor ?? "0", min(limit, Self.jobsPerLook)]))
    }

    private func page(_ value: RedisValue) throws -> JobPage {
        let reply = try ReplyReader(value)
        let last = try reply.text(0)
        return JobPage(
            jobs: try reply.lists(from: 1).map { try $0.queuedJob(at: 0) },
            cursor: last == "0" ? nil : last
        )
    }

    package func orphans(limit: Int) async throws -> [Orphan] {
        let arguments: [any RedisArgument] = [
            Self.reclaimer, silenceMilliseconds, min(limit, Self.jobsPerLook), Self.outageMilliseconds,
        ]
        let reply = try await run(QueueScripts.orphans, arguments)
        return try ReplyReader(reply).lists().map { item in
            let queued = try item.queuedJob(at: 4)
            return Orphan(
                job: queued.job,
                lease: Lease(pool: pool, key: try item.text(0), token: AttemptID(try item.text(1))),
                target: try item.text(2),
                takenAt: Timestamp(milliseconds: Int64(try item.integer(3))),
                attempts: queued.attempts,
                deaths: try item.deaths(at: 4) + 1
            )
        }
    }

    package func requeue(_ orphan: Orphan) async throws {
        _ = try await run(QueueScripts.requeue, [orphan.lease.key, orphan.lease.token.text])
    }

    package func tick() async throws -> PoolSnapshot {
        let reply = try ReplyReader(
            try await run(QueueScripts.tick, [leaseMilliseconds, Self.outageMilliseconds])
        )
        return PoolSnapshot(
            waiting: try reply.integer(0),
            running: try reply.integer(1),
            delayed: try reply.integer(2),
            tenants: try reply.integer(3),
            spooled: try reply.integer(4),
            spooledBytes: try reply.integer(5)
        )
    }
}
