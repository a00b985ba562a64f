import Penstock
import Testing

extension LedgerConformance {
    static let batches = [
        LedgerCheck("a batch comes back as it was put", batchRoundTrip),
        LedgerCheck("a batch is replaced at its version only", batchVersions),
        LedgerCheck("batches of a tenant, newest first, in pages", batchPaging),
        LedgerCheck("unfinished batches are those in a state that goes on", unfinishedBatches),
    ]

    private static func batchRoundTrip(_ open: OpenLedger) async throws {
        let ledger = try await open()
        for batch in [Sample.fullBatch(), Sample.batch()] {
            try await ledger.insert(batch)
            #expect(try await ledger.batch(batch.id) == batch)
        }
        var changed = Sample.fullBatch()
        changed.total = 0
        // A repeated insert changes nothing.
        try await ledger.insert(changed)
        #expect(try await ledger.batch(changed.id) == Sample.fullBatch())
        #expect(try await ledger.batch(BatchID("batch_unknown")) == nil)
    }

    private static func batchVersions(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let batch = Sample.batch()
        #expect(try await ledger.replace(batch) == nil)
        try await ledger.insert(batch)
        var changed = batch
        changed.start(total: 3, linesPerPool: [Sample.pool: 3], model: nil, at: Sample.time(1))
        let stored = try #require(try await ledger.replace(changed))
        changed.version = 1
        #expect(stored == changed)
        #expect(try await ledger.replace(batch) == nil)
        #expect(try await ledger.batch(batch.id) == stored)
    }

    private static func batchPaging(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let batches = (0..<5).map { Sample.batch(at: Int64($0)) }
        for batch in batches.shuffled() { try await ledger.insert(batch) }
        try await ledger.insert(Sample.batch(at: 2, tenant: Sample.other))
        let first = try await ledger.batches(of: Sample.tenant, after: nil, limit: 2)
        #expect(first == [batches[4], batches[3]])
        try await ledger.insert(Sample.batch(at: 10))
        let rest = try await ledger.batches(of: Sample.tenant, after: batches[3].id, limit: 10)
        #expect(rest == [batches[2], batches[1], batches[0]])
    }

    private static func unfinishedBatches(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let batches = BatchState.allCases.enumerated().map { Sample.batch(at: Int64($0), state: $1) }
        for batch in batches { try await ledger.insert(batch) }
        #expect(try await ledger.unfinishedBatches() == batches.filter { !$0.state.isTerminal })
        var ended = try #require(batches.first)
        ended.fail([], at: Sample.time(1))
        _ = try await ledger.replace(ended)
        #expect(try await !ledger.unfinishedBatches().contains { $0.id == ended.id })
    }
}
