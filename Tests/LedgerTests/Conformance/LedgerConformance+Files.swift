import Penstock
import Testing

extension LedgerConformance {
    static let files = [
        LedgerCheck("chunks of 1 MiB come back as they were put", chunksRoundTrip),
        LedgerCheck("a file without all its chunks does not become visible", incompleteFile),
        LedgerCheck("file records come back as they were put", fileRecords),
        LedgerCheck("files of a tenant, in both orders, by purpose", fileListing),
        LedgerCheck("files: pages stay right while files come and go", filePaging),
        LedgerCheck("a deleted file goes with its chunks", deletedFile),
        LedgerCheck("abandoned chunks go, others stay", abandonedChunks),
    ]

    private static func chunksRoundTrip(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let chunks = (0..<3).map { number in
            (0..<(number == 2 ? 17 : FileChunk.size)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) }
        }
        let file = Sample.file(content: .chunks, bytes: Int64(2 * FileChunk.size + 17))
        _ = try await concurrently(3) { number in
            try await ledger.appendChunk(chunks[number], number: number, of: file.id, at: Sample.start)
        }
        try await ledger.appendChunk(chunks[1], number: 1, of: file.id, at: Sample.start)
        #expect(try await ledger.file(file.id) == nil)
        try await ledger.insert(file)
        #expect(try await ledger.file(file.id) == file)
        for number in 0..<3 { #expect(try await ledger.chunk(number, of: file.id) == chunks[number]) }
        #expect(try await ledger.chunk(3, of: file.id) == nil)
        #expect(try await ledger.chunk(0, of: FileID("file-unknown")) == nil)
    }

    private static func incompleteFile(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let file = Sample.file(content: .chunks, bytes: 5)
        try await ledger.appendChunk([1, 2], number: 1, of: file.id, at: Sample.start)
        await #expect(throws: LedgerUnavailable.self) { try await ledger.insert(file) }
        #expect(try await ledger.file(file.id) == nil)
        try await ledger.appendChunk([1, 2, 3], number: 0, of: file.id, at: Sample.start)
        try await ledger.insert(file)
        try await ledger.insert(file)
        #expect(try await ledger.file(file.id) == file)
        let empty = Sample.file(content: .chunks, bytes: 0)
        try await ledger.insert(empty)
        #expect(try await ledger.file(empty.id) == empty)
    }

    private static func fileRecords(_ open: OpenLedger) async throws {
        let ledger = try await open()
        var view = Sample.file(purpose: .batchOutput, content: .rows(of: BatchID("batch_1"), .errors), bytes: 1 << 40)
        view.expiresAt = nil
        view.filename = "sömé \u{0} \"file\".jsonl"
        try await ledger.insert(view)
        #expect(try await ledger.file(view.id) == view)
        #expect(try await ledger.file(FileID("file-unknown")) == nil)
    }

    private static func fileListing(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let files = (0..<6).map { Sample.file(at: Int64($0), purpose: $0 < 3 ? .batch : .batchOutput) }
        for file in files.shuffled() { try await ledger.insert(file) }
        let foreign = Sample.file(at: 3, tenant: Sample.other)
        try await ledger.insert(foreign)
        func list(_ purpose: FilePurpose?, after cursor: FileID?, newestFirst: Bool) async throws -> [FileRecord] {
            try await ledger.files(
                of: Sample.tenant,
                purpose: purpose,
                after: cursor,
                newestFirst: newestFirst,
                limit: 4
            )
        }
        #expect(try await list(nil, after: nil, newestFirst: true) == [files[5], files[4], files[3], files[2]])
        #expect(try await list(nil, after: files[2].id, newestFirst: true) == [files[1], files[0]])
        #expect(try await list(nil, after: files[3].id, newestFirst: false) == [files[4], files[5]])
        #expect(try await list(.batch, after: nil, newestFirst: false) == [files[0], files[1], files[2]])
        #expect(try await list(.batchOutput, after: files[5].id, newestFirst: true) == [files[4], files[3]])
        let theirs = try await ledger.files(
            of: Sample.other,
            purpose: nil,
            after: nil,
            newestFirst: true,
            limit: 4
        )
        #expect(theirs == [foreign])
    }

    private static func filePaging(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let files = (0..<9).map { Sample.file(at: Int64($0) * 10) }
        for file in files { try await ledger.insert(file) }
        var seen: [FileID] = []
        var cursor: FileID?
        for page in 0..<5 {
            let found = try await ledger.files(
                of: Sample.tenant,
                purpose: nil,
                after: cursor,
                newestFirst: true,
                limit: 2
            )
            seen += found.map(\.id)
            cursor = found.last?.id ?? cursor
            // As a script does that deletes what it lists; the cursor's own file is gone then.
            for file in found { #expect(try await ledger.delete(file.id)) }
            try await ledger.insert(Sample.file(at: 1000 + Int64(page)))
        }
        #expect(seen == files.reversed().map(\.id))
    }

    private static func deletedFile(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let file = Sample.file(content: .chunks, bytes: 2)
        try await ledger.appendChunk([1, 2], number: 0, of: file.id, at: Sample.start)
        try await ledger.insert(file)
        #expect(try await ledger.delete(file.id))
        #expect(try await ledger.file(file.id) == nil)
        #expect(try await ledger.chunk(0, of: file.id) == nil)
        #expect(try await !ledger.delete(file.id))
    }

    private static func abandonedChunks(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let finished = Sample.file(content: .chunks, bytes: 1)
        let broken = FileID("file-broken")
        let young = FileID("file-young")
        try await ledger.appendChunk([1], number: 0, of: finished.id, at: Sample.time(0))
        try await ledger.insert(finished)
        for number in 0..<2 { try await ledger.appendChunk([1], number: number, of: broken, at: Sample.time(0)) }
        // An upload that takes long is not broken off: its first chunk is old, its last is not.
        try await ledger.appendChunk([1], number: 0, of: young, at: Sample.time(0))
        try await ledger.appendChunk([1], number: 1, of: young, at: Sample.time(100))
        #expect(try await ledger.deleteAbandonedChunks(before: Sample.time(100)) == 2)
        #expect(try await ledger.deleteAbandonedChunks(before: Sample.time(100)) == 0)
        #expect(try await ledger.chunk(0, of: broken) == nil)
        #expect(try await ledger.chunk(0, of: young) == [1])
        #expect(try await ledger.chunk(0, of: finished.id) == [1])
    }
}
