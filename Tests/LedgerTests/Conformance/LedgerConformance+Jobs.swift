import Penstock
import Testing

extension LedgerConformance {
    static let jobs = [
        LedgerCheck("a terminal row comes back as it was put", rowsRoundTrip),
        LedgerCheck("text keeps every character, NUL and quotes included", textRoundTrip),
        LedgerCheck("the first decision stands", firstDecisionStands),
        LedgerCheck("a completion without a terminal row decides nothing", attemptAlone),
        LedgerCheck("many rows are decided in their order", manyDecisions),
        LedgerCheck("finished jobs: one tenant's, single, newest first, by state", finishedJobs),
        LedgerCheck("finished jobs: pages stay right while jobs finish", finishedJobsPaging),
        LedgerCheck("finished jobs: a cursor that has not finished itself", finishedJobsForeignCursor),
    ]

    private static func rowsRoundTrip(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let single = Sample.succeeded(Sample.job(), body: "[\u{7F}]")
        var failed = Sample.ended(Sample.line(BatchID("batch_b"), 7), .failed)
        failed.response = ProviderResponse(statusCode: 400, requestID: "", body: [])
        failed.tags = JobTags()
        failed.metadata = []
        for row in [single, failed] {
            #expect(try await ledger.record(Completion(attempt: nil, terminal: row)) == .won)
            #expect(try await ledger.terminalRow(of: row.job) == row)
        }
        for state in [TerminalState.expired, .cancelled] {
            let row = Sample.ended(Sample.job(), state)
            #expect(try await ledger.decide([row]) == [.won])
            #expect(try await ledger.terminalRow(of: row.job) == row)
        }
        #expect(try await ledger.terminalRow(of: JobID("job_unknown")) == nil)
    }

    private static func textRoundTrip(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let text = "a\u{0}b'\"\\\n\u{1F600}e\u{301}\u{E9}"
        var job = Sample.line(BatchID("batch_t"), 1, customID: text)
        job.tags = JobTags(feature: text, customer: "")
        job.model = text
        var row = Sample.ended(job, .failed)
        row.error = JobError(.providerServerError, text)
        _ = try await ledger.record(Completion(attempt: nil, terminal: row))
        let read = try #require(try await ledger.terminalRow(of: row.job))
        #expect(Array(try #require(read.line).customID.utf8) == Array(text.utf8))
        #expect(read == row)
        #expect(try await ledger.terminalRow(of: JobID(row.job.text + "\u{0}x")) == nil)
    }

    private static func firstDecisionStands(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let job = Sample.job()
        let first = Sample.succeeded(job)
        #expect(try await ledger.record(Completion(attempt: nil, terminal: first)) == .won)
        let late = Sample.ended(job, .expired)
        #expect(try await ledger.record(Completion(attempt: nil, terminal: late)) == .lost(to: .succeeded))
        #expect(try await ledger.decide([late]) == [.lost(to: .succeeded)])
        let second = Sample.succeeded(job, at: 9000, body: "{}")
        #expect(try await ledger.decide([second]) == [.lost(to: .succeeded)])
        // Its own caller asks again because the answer was lost.
        #expect(try await ledger.record(Completion(attempt: nil, terminal: first)) == .won)
        #expect(try await ledger.terminalRow(of: job.id) == first)
    }

    private static func attemptAlone(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let job = Sample.job()
        #expect(try await ledger.record(Completion(attempt: Sample.attempt(of: job), terminal: nil)) == .won)
        #expect(try await ledger.record(Completion(attempt: nil, terminal: nil)) == .won)
        #expect(try await ledger.terminalRow(of: job.id) == nil)
        #expect(try await ledger.attempts(of: job.id).count == 1)
    }

    private static func manyDecisions(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let jobs = (1...300).map { Sample.line(BatchID("batch_m"), $0) }
        let done = jobs.filter { $0.line?.number.isMultiple(of: 3) == true }
        #expect(try await ledger.decide(done.map { Sample.succeeded($0) }).allSatisfy { $0 == .won })
        let decisions = try await ledger.decide(jobs.map { Sample.ended($0, .cancelled) })
        #expect(
            decisions == jobs.map { $0.line?.number.isMultiple(of: 3) == true ? .lost(to: .succeeded) : .won }
        )
        #expect(try await ledger.decide([]) == [])
    }

    private static func finishedJobs(_ open: OpenLedger) async throws {
        let ledger = try await open()
        // Epochs are random, so the order of ids alone is not that of time.
        let epochs = ["zzzzzz", "aaaaaa", "mmmmmm"].map { PoolEpoch($0) }
        let jobs = (0..<6).map { Sample.job(at: Int64($0) * 10, epoch: epochs[$0 % 3]) }
        for (index, job) in jobs.enumerated() {
            let row = index.isMultiple(of: 2) ? Sample.succeeded(job) : Sample.ended(job, .failed)
            _ = try await ledger.record(Completion(attempt: nil, terminal: row))
        }
        let foreign = Sample.succeeded(Sample.job(tenant: Sample.other))
        let line = Sample.succeeded(Sample.line(BatchID("batch_f"), 1))
        _ = try await ledger.decide([foreign, line])
        let all = try await ledger.finishedJobs(of: Sample.tenant, state: nil, after: nil, limit: 100)
        #expect(all.map(\.job) == jobs.reversed().map(\.id))
        let failed = try await ledger.finishedJobs(of: Sample.tenant, state: .failed, after: jobs[5].id, limit: 100)
        #expect(failed.map(\.job) == [jobs[3].id, jobs[1].id])
        let theirs = try await ledger.finishedJobs(of: Sample.other, state: nil, after: nil, limit: 100)
        #expect(theirs == [foreign])
        #expect(try await ledger.finishedJobs(of: Sample.tenant, state: nil, after: nil, limit: 0) == [])
        // The newest job has no answer; the page ends with the first answer that reaches the bytes.
        let bounds = PageBounds(limit: 100, bytes: 1)
        let page = try await ledger.finishedJobs(of: Sample.tenant, JobSelection(), after: nil, bounds)
        #expect(page.map(\.job) == [jobs[5].id, jobs[4].id])
        #expect(bounds.isReached(by: page))
    }

    private static func finishedJobsPaging(_ open: OpenLedger) async throws {
        let ledger = try await open()
        // Two jobs per millisecond, so that ids break ties.
        let jobs = (0..<20).map { Sample.job(at: Int64($0 / 2)) }
        _ = try await ledger.decide(jobs.map { Sample.succeeded($0) })
        var seen: [JobID] = []
        var cursor: JobID?
        for page in 0..<10 {
            let rows = try await ledger.finishedJobs(of: Sample.tenant, state: nil, after: cursor, limit: 3)
            seen += rows.map(\.job)
            cursor = rows.last?.job ?? cursor
            // Newer than everything seen: belongs to no later page.
            _ = try await ledger.decide([Sample.succeeded(Sample.job(at: 1000 + Int64(page)))])
        }
        #expect(seen.count == jobs.count)
        #expect(Set(seen) == Set(jobs.map(\.id)))
    }

    private static func finishedJobsForeignCursor(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let jobs = [0, 10, 20, 30].map { Sample.job(at: $0) }
        _ = try await ledger.decide([jobs[0], jobs[1], jobs[3]].map { Sample.succeeded($0) })
        let rows = try await ledger.finishedJobs(of: Sample.tenant, state: nil, after: jobs[2].id, limit: 10)
        #expect(rows.map(\.job) == [jobs[1].id, jobs[0].id])
        let past = try await ledger.finishedJobs(of: Sample.tenant, state: nil, after: JobID("nonsense"), limit: 10)
        #expect(past.isEmpty)
    }
}
