import Penstock
import Testing

extension LedgerConformance {
    static let quotas = [
        LedgerCheck("a tenant's uploads are counted", uploadsCounted),
        LedgerCheck("an upload that came to nothing is freed, a file is not", uploadsDiscarded),
        LedgerCheck("batches count until they end", openBatchesCounted),
        LedgerCheck("idempotency keys are counted by tenant", keysCounted),
    ]

    private static func upload(_ ledger: any Ledger, _ id: String, bytes: Int, of tenant: TenantID = Sample.tenant)
        async throws
    {
        let file = FileID(id)
        try await ledger.appendChunk(Array(repeating: 7, count: bytes), number: 0, of: file, at: Sample.time(0))
        try await ledger.insert(record(file, Int64(bytes), tenant, .chunks))
    }

    private static func record(_ id: FileID, _ bytes: Int64, _ tenant: TenantID, _ content: FileContent)
        -> FileRecord
    {
        FileRecord(
            id: id,
            tenant: tenant,
            filename: "f",
            purpose: .batch,
            bytes: bytes,
            createdAt: Sample.time(0),
            expiresAt: nil,
            content: content
        )
    }

    private static func uploadsCounted(_ open: OpenLedger) async throws {
        let ledger = try await open()
        #expect(try await ledger.uploads(of: Sample.tenant) == FileHoldings(count: 0, bytes: 0))
        try await upload(ledger, "file-1", bytes: 10)
        try await upload(ledger, "file-2", bytes: 5)
        try await upload(ledger, "file-3", bytes: 3, of: Sample.other)
        let results = FileContent.rows(of: BatchID("batch_1"), .output)
        try await ledger.insert(record(FileID("file-4"), 100, Sample.tenant, results))
        #expect(try await ledger.uploads(of: Sample.tenant) == FileHoldings(count: 2, bytes: 15))
        _ = try await ledger.delete(FileID("file-1"))
        #expect(try await ledger.uploads(of: Sample.tenant) == FileHoldings(count: 1, bytes: 5))
    }

    private static func uploadsDiscarded(_ open: OpenLedger) async throws {
        let ledger = try await open()
        try await upload(ledger, "file-1", bytes: 10)
        try await ledger.appendChunk([1, 2], number: 0, of: FileID("file-2"), at: Sample.time(0))
        for file in ["file-1", "file-2", "file-3"] { try await ledger.discard(upload: FileID(file)) }
        #expect(try await ledger.chunk(0, of: FileID("file-1"))?.count == 10)
        #expect(try await ledger.chunk(0, of: FileID("file-2")) == nil)
    }

    private static func openBatchesCounted(_ open: OpenLedger) async throws {
        let ledger = try await open()
        #expect(try await ledger.openBatches(of: Sample.tenant) == 0)
        let batches = [Sample.batch(at: 0), Sample.batch(at: 1)]
        for batch in batches { try await ledger.insert(batch) }
        #expect(try await ledger.openBatches(of: Sample.tenant) == 2)
        #expect(try await ledger.openBatches(of: Sample.other) == 0)
        var ended = batches[0]
        ended.state = .cancelled
        #expect(try await ledger.replace(ended) != nil)
        #expect(try await ledger.openBatches(of: Sample.tenant) == 1)
    }

    private static func keysCounted(_ open: OpenLedger) async throws {
        let ledger = try await open()
        for (tenant, name) in [(Sample.tenant, "a"), (Sample.tenant, "b"), (Sample.tenant, "a"), (Sample.other, "c")] {
            let key = IdempotencyKey(tenant: tenant, scope: "job", key: name, requestHash: "h")
            _ = try await ledger.reserve(key, for: "job_1", at: Sample.time(0))
        }
        #expect(try await ledger.idempotencyKeys(of: Sample.tenant, upTo: 10) == 2)
        #expect(try await ledger.idempotencyKeys(of: Sample.tenant, upTo: 1) == 1)
        #expect(try await ledger.idempotencyKeys(of: Sample.other, upTo: 10) == 1)
    }
}
