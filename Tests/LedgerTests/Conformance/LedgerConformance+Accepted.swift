import Penstock
import Testing

extension LedgerConformance {
    static let accepted = [
        LedgerCheck("an accepted job comes back with its body", acceptedRoundTrip),
        LedgerCheck("the terminal row ends the acceptance", terminalEndsAcceptance),
        LedgerCheck("accepted jobs of a pool, in the order of their ids", acceptedPaging),
        LedgerCheck("idempotency keys are scoped to tenant and kind", idempotencyScopes),
        LedgerCheck("a reservation may be repeated", reservationRepeated),
    ]

    private static func acceptedRoundTrip(_ open: OpenLedger) async throws {
        let ledger = try await open()
        var job = Sample.job()
        job.durability = .ledger
        job.headers = ProviderHeaders(["anthropic-beta": "a,b", "x-lab": "\"7\""])
        let body = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        try await ledger.accept(job, body: body, pool: Sample.pool)
        try await ledger.accept(job, body: [], pool: PoolName("elsewhere"))
        #expect(try await ledger.acceptedBody(of: job.id) == body)
        #expect(try await ledger.acceptedJob(job.id) == job)
        #expect(try await ledger.acceptedBody(of: JobID("job_unknown")) == nil)
        #expect(try await ledger.acceptedJob(JobID("job_unknown")) == nil)
        var bare = Sample.job(at: 1)
        bare.tags = JobTags()
        bare.metadata = []
        try await ledger.accept(bare, body: [], pool: Sample.pool)
        #expect(try await ledger.acceptedJob(bare.id) == bare)
        #expect(try await ledger.acceptedBody(of: bare.id) == [])
    }

    private static func terminalEndsAcceptance(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let jobs = [Sample.job(at: 0), Sample.job(at: 1)]
        for job in jobs { try await ledger.accept(job, body: [1], pool: Sample.pool) }
        _ = try await ledger.record(Completion(attempt: nil, terminal: Sample.succeeded(jobs[0])))
        _ = try await ledger.decide([Sample.ended(jobs[1], .cancelled)])
        // A repeat that comes late must not bring the job back.
        for job in jobs { try await ledger.accept(job, body: [1], pool: Sample.pool) }
        for job in jobs {
            #expect(try await ledger.acceptedBody(of: job.id) == nil)
            #expect(try await ledger.acceptedJob(job.id) == nil)
        }
        let left = try await ledger.acceptedJobs(in: Sample.pool, before: Sample.time(100), after: nil, limit: 10)
        #expect(left == [])
    }

    private static func acceptedPaging(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let jobs = (0..<7).map { Sample.job(at: Int64($0) * 10) }
        for job in jobs.shuffled() { try await ledger.accept(job, body: [1], pool: Sample.pool) }
        try await ledger.accept(Sample.job(at: 5), body: [1], pool: PoolName("mail"))
        let first = try await ledger.acceptedJobs(in: Sample.pool, before: Sample.time(50), after: nil, limit: 2)
        #expect(first == [jobs[0], jobs[1]])
        // A page's jobs may end before the next page is asked for.
        _ = try await ledger.decide([Sample.succeeded(jobs[1])])
        let rest = try await ledger.acceptedJobs(in: Sample.pool, before: Sample.time(50), after: jobs[1].id, limit: 9)
        #expect(rest == [jobs[2], jobs[3], jobs[4]])
    }

    private static func idempotencyScopes(_ open: OpenLedger) async throws {
        let ledger = try await open()
        func reserve(_ tenant: TenantID, _ scope: String, _ key: String, for id: String) async throws -> Reservation {
            let key = IdempotencyKey(tenant: tenant, scope: scope, key: key, requestHash: "h")
            return try await ledger.reserve(key, for: id, at: Sample.start)
        }
        #expect(try await reserve(Sample.tenant, "job", "k", for: "1") == .reserved)
        #expect(try await reserve(Sample.tenant, "batch", "k", for: "2") == .reserved)
        #expect(try await reserve(Sample.other, "job", "k", for: "3") == .reserved)
        #expect(try await reserve(Sample.tenant, "job", "k\u{0}", for: "4") == .reserved)
        #expect(try await reserve(Sample.tenant, "job", "k", for: "5") == .replay(of: "1"))
        #expect(try await reserve(Sample.other, "job", "k", for: "6") == .replay(of: "3"))
        #expect(try await reserve(Sample.tenant, "job", "k\u{0}", for: "7") == .replay(of: "4"))
    }

    private static func reservationRepeated(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let key = IdempotencyKey(tenant: Sample.tenant, scope: "job", key: "k", requestHash: "h")
        let other = IdempotencyKey(tenant: Sample.tenant, scope: "job", key: "k", requestHash: "h2")
        #expect(try await ledger.reserve(key, for: "job_1", at: Sample.start) == .reserved)
        #expect(try await ledger.reserve(key, for: "job_1", at: Sample.start) == .reserved)
        #expect(try await ledger.reserve(key, for: "job_2", at: Sample.start) == .replay(of: "job_1"))
        #expect(try await ledger.reserve(other, for: "job_1", at: Sample.start) == .conflict)
        #expect(try await !ledger.move(key, from: "job_2", to: "job_3"))
        #expect(try await ledger.move(key, from: "job_1", to: "job_3"))
        #expect(try await ledger.reserve(key, for: "job_1", at: Sample.start) == .replay(of: "job_3"))
    }
}
