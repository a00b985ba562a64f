package import Penstock
import Redis

extension RedisJobQueue {
    /// Looks that one listing takes at what runs and is delayed, so that it ends.
    private static let listingPages = 20
    private static let listingPage = 500

    package func enqueue(_ jobs: [Job]) async throws {
        for start in stride(from: 0, to: jobs.count, by: Self.jobsPerChange) {
            let portion = jobs[start..<min(start + Self.jobsPerChange, jobs.count)]
            let epoch: any RedisArgument = expectedEpoch(portion[start])
            _ = try await run(QueueScripts.enqueue, [epoch] + portion.flatMap(fields))
        }
    }

    package func admit(_ job: Job, _ terms: AdmissionTerms) async throws -> Admission {
        let arguments: [any RedisArgument] = [
            program, expectedEpoch(job), terms.queueAnyway ? 1 : 0, terms.onlyAsk ? 1 : 0,
        ]
        let reply = try ReplyReader(try await run(QueueScripts.admit, arguments + fields(of: job)))
        guard try reply.text(0) == "refused" else {
            return .accepted(expectedStart: try reply.optionalMilliseconds(1))
        }
        guard let reason = AdmissionRefusal.Reason(rawValue: try reply.text(1)) else { throw UnexpectedReply() }
        let (cap, used) = (try reply.integer(2), try reply.integer(3))
        return .refused(
            AdmissionRefusal(
                reason: reason,
                cap: cap < 0 ? nil : cap,
                used: used < 0 ? nil : used,
                expectedStart: try reply.optionalMilliseconds(4),
                retryAfter: .milliseconds(try reply.integer(5))
            )
        )
    }

    /// Jobs that only Redis keeps must not land in another incarnation than their id says.
    private func expectedEpoch(_ job: Job) -> String { job.durability == .redis ? job.id.epoch?.text ?? "" : "" }

    private func fields(of job: Job) -> [any RedisArgument] {
        [job.id.text, JobCodec.shape(of: job), JobCodec.record(of: job)]
    }

    package func feed(_ batch: BatchID, lines: [Job], from: FeedCursor?, to: FeedCursor) async throws -> Bool {
        var shapes: [[UInt8]] = []
        var places: [[UInt8]: Int] = [:]
        var rows: [any RedisArgument] = []
        for job in lines {
            let shape = JobCodec.shape(of: job)
            if places[shape] == nil {
                places[shape] = shapes.count
                shapes.append(shape)
            }
            rows += [job.line?.number ?? 0, places[shape] ?? 0, JobCodec.record(of: job)]
        }
        let head: [any RedisArgument] = [
            batch.text, from?.text ?? "", to.text, caps.jobs ?? 0, caps.bytes ?? 0, caps.tokens ?? 0, shapes.count,
        ]
        return try await run(QueueScripts.feed, head + shapes + rows).int64 == 1
    }

    package func feedState(of batch: BatchID) async throws -> FeedState? {
        let reply = try ReplyReader(try await run(QueueScripts.feedState, [batch.text]))
        guard reply.count > 0 else { return nil }
        guard let cursor = FeedCursor(text: try reply.text(0)) else { throw UnexpectedReply() }
        return FeedState(cursor: cursor, live: max(0, try reply.integer(1)))
    }

    package func forgetFeed(of batch: BatchID) async throws {
        _ = try await run(QueueScripts.forgetFeed, [batch.text])
    }

    package func explain(_ job: JobID) async throws -> JobStatus? {
        try await explain([job]).first
    }

    package func liveJobs(of tenant: TenantID, limit: Int) async throws -> [JobStatus] {
        var ids: Set<String> = []
        var cursor = ""
        for _ in 0..<Self.listingPages {
            let page = max(limit, Self.listingPage)
            let reply = try ReplyReader(try await run(QueueScripts.live, [tenant.text, cursor, page]))
            for index in 1..<max(1, reply.count) { ids.insert(try reply.text(index)) }
            cursor = try reply.text(0)
            if cursor.isEmpty { break }
        }
        let newest = ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.suffix(limit).reversed()
        return try await explain(newest.map { JobID($0) })
    }

    private func explain(_ ids: [JobID]) async throws -> [JobStatus] {
        var found: [JobStatus] = []
        for start in stride(from: 0, to: ids.count, by: Self.jobsPerLook) {
            let chunk = ids[start..<min(start + Self.jobsPerLook, ids.count)].map(\.text)
            let reply = try await run(QueueScripts.explain, [program] + chunk)
            found += try ReplyReader(reply).lists().map { try status($0) }
        }
        return found
    }

    /// Behind the job: phase, detail, number, expected start; their meaning depends on the phase.
    private func status(_ item: ReplyReader) throws -> JobStatus {
        let queued = try item.queuedJob(at: 0)
        let number = try item.integer(7)
        let start = try item.optionalMilliseconds(8)
        switch try item.text(5) {
        case "running":
            let since = Timestamp(milliseconds: Int64(number))
            return JobStatus(
                job: queued.job,
                phase: .running(target: try item.text(6), since: since),
                attempts: queued.attempts,
                position: nil
            )
        case "answered":
            return JobStatus(job: queued.job, phase: .answered, attempts: queued.attempts, position: nil)
        case "delayed":
            let due = Timestamp(milliseconds: Int64(try item.integer(6)))
            return JobStatus(
                job: queued.job,
                phase: .delayed(until: due),
                attempts: queued.attempts,
                position: nil,
                expectedStart: start
            )
        default:
            guard let reason = WaitReason(rawValue: try item.text(6)) else { throw UnexpectedReply() }
            return JobStatus(
                job: queued.job,
                phase: .waiting(reason),
                attempts: queued.attempts,
                position: number,
                expectedStart: start
            )
        }
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
