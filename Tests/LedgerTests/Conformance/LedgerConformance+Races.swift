import Penstock
import Testing

extension LedgerConformance {
    static let races = [
        LedgerCheck("64 callers at two ledgers: one decides", oneDecision),
        LedgerCheck("32 writers at two ledgers: every change of a batch counts once", compareAndSet),
        LedgerCheck("64 callers at two ledgers: one gets the idempotency key", oneReservation),
        LedgerCheck("what is written through one ledger is read through the other", readYourWrites),
    ]

    private static func oneDecision(_ open: OpenLedger) async throws {
        let ledgers = [try await open(), try await open()]
        for round in 0..<5 {
            let job = Sample.job(at: Int64(round))
            let rows = (0..<64).map { index in
                index.isMultiple(of: 3)
                    ? Sample.succeeded(job, at: Int64(index))
                    : Sample.ended(job, index.isMultiple(of: 2) ? .expired : .cancelled, at: Int64(index))
            }
            let decisions = try await concurrently(64) { index in
                try await ledgers[index % 2].record(Completion(attempt: nil, terminal: rows[index]))
            }
            let winners = decisions.indices.filter { decisions[$0] == .won }
            #expect(winners.count == 1)
            let winner = try #require(winners.first)
            #expect(try await ledgers[0].terminalRow(of: job.id) == rows[winner])
            for index in decisions.indices where index != winner {
                #expect(decisions[index] == .lost(to: rows[winner].state))
            }
        }
    }

    private static func compareAndSet(_ open: OpenLedger) async throws {
        let ledgers = [try await open(), try await open()]
        let batch = Sample.batch()
        try await ledgers[0].insert(batch)
        _ = try await concurrently(32) { index in
            let ledger = ledgers[index % 2]
            while true {
                var current = try #require(try await ledger.batch(batch.id))
                current.total += 1
                if let stored = try await ledger.replace(current) {
                    #expect(stored.version == current.version + 1)
                    return
                }
            }
        }
        let result = try #require(try await ledgers[1].batch(batch.id))
        #expect(result.total == 32)
        #expect(result.version == 32)
    }

    private static func oneReservation(_ open: OpenLedger) async throws {
        let ledgers = [try await open(), try await open()]
        let keys = ["hash-a", "hash-b"].map {
            IdempotencyKey(tenant: Sample.tenant, scope: "job", key: "k", requestHash: $0)
        }
        let answers = try await concurrently(64) { index in
            try await ledgers[index % 2].reserve(keys[(index / 2) % 2], for: "job_\(index)", at: Sample.start)
        }
        let winners = answers.indices.filter { answers[$0] == .reserved }
        #expect(winners.count == 1)
        let winner = try #require(winners.first)
        for index in answers.indices where index != winner {
            let isSameRequest = (index / 2) % 2 == (winner / 2) % 2
            #expect(answers[index] == (isSameRequest ? .replay(of: "job_\(winner)") : .conflict))
        }
    }

    private static func readYourWrites(_ open: OpenLedger) async throws {
        let writer = try await open()
        let reader = try await open()
        for index in 0..<50 {
            let row = Sample.succeeded(Sample.job(at: Int64(index)))
            _ = try await writer.record(Completion(attempt: nil, terminal: row))
            #expect(try await reader.terminalRow(of: row.job) == row)
        }
    }
}
