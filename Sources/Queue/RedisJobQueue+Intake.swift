package import Penstock
import Redis

extension RedisJobQueue {
    package func enqueue(_ jobs: [Job]) async throws {
        // Jobs that only Redis keeps must not land in another incarnation than their id says.
        let epoch = jobs.first { $0.durability == .redis }?.id.epoch?.text ?? ""
        var arguments: [any RedisArgument] = [epoch]
        for job in jobs {
            arguments += [
                job.id.text, JobCodec.key(job), JobCodec.estimate(job), JobCodec.meta(job), JobCodec.body(job),
            ]
        }
        _ = try await run(QueueScripts.enqueue, arguments)
    }

    package func feed(_ batch: BatchID, lines: [Job], from: FeedCursor?, to: FeedCursor) async throws -> Bool {
        var arguments: [any RedisArgument] = [batch.text, from?.text ?? "", to.text]
        for job in lines {
            arguments += [JobCodec.key(job), JobCodec.estimate(job), JobCodec.meta(job), JobCodec.body(job)]
        }
        return try await run(QueueScripts.feed, arguments).int64 == 1
    }

    package func feedState(of batch: BatchID) async throws -> FeedState? {
        let reply = try await translated {
            try await client.send("HMGET", keys.feeds, "c~\(batch)", "n~\(batch)")
        }
        let fields = try ReplyReader(reply)
        guard let text = try? fields.text(0) else { return nil }
        guard let cursor = FeedCursor(text: text) else { throw UnexpectedReply() }
        return FeedState(cursor: cursor, live: max(0, (try? fields.integer(1)) ?? 0))
    }

    package func forgetFeed(of batch: BatchID) async throws {
        _ = try await translated { try await client.send("HDEL", keys.feeds, "c~\(batch)", "n~\(batch)") }
    }

    package func explain(_ job: JobID) async throws -> JobStatus? {
        try await explain([job]).first
    }

    package func liveJobs(of tenant: TenantID, limit: Int) async throws -> [JobStatus] {
        let ids = try await run(QueueScripts.live, [tenant.text, limit]).array?.compactMap(\.string) ?? []
        return try await explain(ids.map { JobID($0) })
    }

    private func explain(_ ids: [JobID]) async throws -> [JobStatus] {
        guard !ids.isEmpty else { return [] }
        let reply = try await run(QueueScripts.explain, [program] + ids.map(\.text))
        return try ReplyReader(reply).lists().map { try status($0) }
    }

    /// Behind the job: phase, detail, number; their meaning depends on the phase.
    private func status(_ item: ReplyReader) throws -> JobStatus {
        let queued = try item.queuedJob(at: 0)
        let number = try item.integer(7)
        let phase: JobStatus.Phase
        switch try item.text(5) {
        case "running":
            phase = .running(target: try item.text(6), since: Timestamp(milliseconds: Int64(number)))
        case "delayed":
            phase = .delayed(until: Timestamp(milliseconds: Int64(try item.integer(6))))
        default:
            guard let reason = WaitReason(rawValue: try item.text(6)) else { throw UnexpectedReply() }
            return JobStatus(job: queued.job, phase: .waiting(reason), attempts: queued.attempts, position: number)
        }
        return JobStatus(job: queued.job, phase: phase, attempts: queued.attempts, position: nil)
    }
}

extension FeedCursor {
    var text: String { "\(line):\(offset)" }

    init?(text: String) {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let line = Int(parts[0]), let offset = Int64(parts[1]) else { return nil }
        self.init(line: line, offset: offset)
    }
}
