import Penstock
import Testing

extension LedgerConformance {
    static let attempts = [
        LedgerCheck("attempts come back as they were put, oldest first", attemptsRoundTrip),
        LedgerCheck("a real outcome replaces unknown", unknownIsReplaced),
        LedgerCheck("a real outcome is never replaced", realOutcomeStays),
        LedgerCheck("a worker that lost its lease still pays", lateAttempt),
    ]

    private static func attemptsRoundTrip(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let job = Sample.job()
        var last = Sample.attempt(of: job, at: 3000, outcome: .failed(.providerTimeout), usage: nil, cost: nil)
        last.statusCode = nil
        last.tags = JobTags()
        let first = Sample.attempt(of: job, at: 1000, usage: .zero, cost: Nanodollars(0))
        let middle = Sample.attempt(of: job, at: 2000, outcome: .unknown, usage: nil, cost: nil)
        let line = Sample.attempt(of: Sample.line(BatchID("batch_a"), 1))
        for row in [last, first, middle, line] {
            _ = try await ledger.record(Completion(attempt: row, terminal: nil))
        }
        #expect(try await ledger.attempts(of: job.id) == [first, middle, last])
        #expect(try await ledger.attempts(of: line.job) == [line])
        #expect(try await ledger.attempts(of: JobID("job_unknown")) == [])
    }

    private static func unknownIsReplaced(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let job = Sample.job()
        let unknown = Sample.attempt(of: job, at: 900, outcome: .unknown, usage: nil, cost: nil)
        let real = Sample.attempt(of: job, id: unknown.id)
        for row in [unknown, real] { _ = try await ledger.record(Completion(attempt: row, terminal: nil)) }
        #expect(try await ledger.attempts(of: job.id) == [real])
    }

    private static func realOutcomeStays(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let job = Sample.job()
        let real = Sample.attempt(of: job)
        let unknown = Sample.attempt(of: job, id: real.id, outcome: .unknown, usage: nil, cost: nil)
        let other = Sample.attempt(of: job, id: real.id, outcome: .failed(.providerTimeout), cost: Nanodollars(1))
        for row in [real, unknown, other, real] {
            _ = try await ledger.record(Completion(attempt: row, terminal: nil))
            #expect(try await ledger.attempts(of: job.id) == [real])
        }
    }

    private static func lateAttempt(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let job = Sample.job()
        let winner = Completion(attempt: Sample.attempt(of: job), terminal: Sample.succeeded(job))
        let late = Completion(attempt: Sample.attempt(of: job, at: 2000), terminal: Sample.succeeded(job, at: 7000))
        #expect(try await ledger.record(winner) == .won)
        #expect(try await ledger.record(late) == .lost(to: .succeeded))
        #expect(try await ledger.attempts(of: job.id) == [winner.attempt, late.attempt])
        let total = try await ledger.costs(of: Sample.tenant, since: nil, until: nil, by: .total)
        #expect(total.map(\.cost) == [Nanodollars(1400)])
    }
}
