import Penstock
import Testing

extension LedgerConformance {
    static let quarantine = [
        LedgerCheck("quarantined jobs: one tenant's, lines included, newest first", quarantinedJobs),
        LedgerCheck("the request of a quarantined job stays until it is forgotten", requestStays),
        LedgerCheck("a late loser does not end the quarantine", loserEndsNothing),
        LedgerCheck("a job that ends otherwise keeps no request", otherEndsKeepNothing),
        LedgerCheck("reservations are looked up by tenant and scope", reservationsFound),
    ]

    private static func poisoned(_ job: Job) -> TerminalRow {
        var row = Sample.ended(job, .failed)
        row.error = JobError(.penstockPoison, "workers died")
        return row
    }

    private static func quarantinedJobs(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let batch = BatchID("batch_q")
        var jobs = (0..<4).map { Sample.job(at: Int64($0) * 10) }
        // Lines have the moment of their batch, and nothing but their ids tells them apart.
        jobs += (1...3).map { Sample.line(batch, $0) }
        for index in 4..<7 { jobs[index].createdAt = Sample.time(100) }
        _ = try await ledger.decide(jobs.map { poisoned($0) })
        let foreign = poisoned(Sample.job(tenant: Sample.other))
        _ = try await ledger.decide([foreign, Sample.ended(Sample.job(at: 5), .failed), Sample.succeeded(Sample.job())])

        let all = try await ledger.quarantinedJobs(of: Sample.tenant, after: nil, limit: 100)
        #expect(all.map(\.job) == jobs.reversed().map(\.id))
        #expect(all.first == poisoned(jobs[6]))
        var seen: [JobID] = []
        while let row = try await ledger.quarantinedJobs(of: Sample.tenant, after: seen.last, limit: 1).first {
            seen.append(row.job)
        }
        #expect(seen == all.map(\.job))
        #expect(try await ledger.quarantinedJobs(of: Sample.other, after: nil, limit: 9) == [foreign])
        #expect(try await ledger.quarantinedJobs(of: Sample.tenant, after: nil, limit: 0) == [])
    }

    private static func requestStays(_ open: OpenLedger) async throws {
        let ledger = try await open()
        var job = Sample.job()
        job.webhook = Sample.target
        let body = (0..<9_000_000).map { UInt8(truncatingIfNeeded: $0) }
        job.body = .inline(body)
        try await ledger.keepForRequeue(job, pool: Sample.pool)
        #expect(try await ledger.quarantinedRequest(of: job.id) == nil, "it has not ended")
        #expect(try await ledger.acceptedBody(of: job.id) == body)
        #expect(try await ledger.decide([poisoned(job)]) == [.won])
        // Whoever does it again after a lost answer, or comes late.
        try await ledger.keepForRequeue(job, pool: Sample.pool)
        #expect(try await ledger.decide([poisoned(job)]) == [.won])

        job.body = .inLedger
        let request = QuarantinedRequest(job: job, body: body)
        #expect(try await ledger.quarantinedRequest(of: job.id) == request)
        #expect(try await ledger.acceptedBody(of: job.id) == nil)
        #expect(try await ledger.acceptedJob(job.id) == nil)
        let accepted = try await ledger.acceptedJobs(in: Sample.pool, before: Sample.time(100), after: nil, limit: 10)
        #expect(accepted == [])
        #expect(try await open().quarantinedRequest(of: job.id) == request)

        for _ in 0..<2 { try await ledger.forgetQuarantinedRequest(of: job.id) }
        #expect(try await ledger.quarantinedRequest(of: job.id) == nil)
        #expect(try await ledger.terminalRow(of: job.id)?.isQuarantined == true)
    }

    private static func loserEndsNothing(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let job = Sample.job()
        try await ledger.accept(job, body: [7], pool: Sample.pool)
        let won = try await ledger.record(Completion(attempt: Sample.attempt(of: job), terminal: poisoned(job)))
        #expect(won == .won)
        #expect(try await ledger.decide([Sample.ended(job, .cancelled)]) == [.lost(to: .failed)])
        let late = try await ledger.record(Completion(attempt: nil, terminal: Sample.succeeded(job)))
        #expect(late == .lost(to: .failed))
        #expect(try await ledger.quarantinedRequest(of: job.id)?.body == [7])
    }

    private static func otherEndsKeepNothing(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let job = Sample.job()
        try await ledger.accept(job, body: [7], pool: Sample.pool)
        try await ledger.forgetQuarantinedRequest(of: job.id)
        #expect(try await ledger.acceptedBody(of: job.id) == [7], "only a quarantined job's request is forgotten so")
        _ = try await ledger.decide([Sample.succeeded(job)])
        #expect(try await ledger.decide([poisoned(job)]) == [.lost(to: .succeeded)])
        #expect(try await ledger.quarantinedRequest(of: job.id) == nil)
        // The body of a line is in its batch's input file.
        var line = Sample.line(BatchID("batch_q"), 1)
        line.body = .inline([1])
        try await ledger.keepForRequeue(line, pool: Sample.pool)
        #expect(try await ledger.acceptedBody(of: line.id) == nil)
    }

    private static func reservationsFound(_ open: OpenLedger) async throws {
        let ledger = try await open()
        for (tenant, scope, key, id) in [
            (Sample.tenant, "requeue", "a", "1"), (Sample.tenant, "requeue", "b", "2"),
            (Sample.tenant, "job", "c", "3"), (Sample.other, "requeue", "d", "4"),
        ] {
            let key = IdempotencyKey(tenant: tenant, scope: scope, key: key, requestHash: "")
            #expect(try await ledger.reserve(key, for: id, at: Sample.start) == .reserved)
        }
        let keys = ["a", "b", "c", "d", "e"]
        #expect(
            try await ledger.reservations(of: Sample.tenant, scope: "requeue", keys: keys) == ["a": "1", "b": "2"]
        )
        #expect(try await ledger.reservations(of: Sample.tenant, scope: "requeue", keys: []) == [:])
    }
}
