import Crypto
import Penstock

/// Writes a file's bytes into the ledger in chunks of `FileChunk.size`, and holds at most one of them.
struct ChunkedUpload {
    let id: FileID
    private(set) var bytes = 0
    private let ledger: any FileLedger
    private let limit: Int
    private let room: UploadRoom
    private let startedAt: Timestamp
    private var chunk: [UInt8] = []
    private var number = 0
    /// Nil where nobody asks for the hash.
    private var hasher: SHA256?

    init(
        _ id: FileID,
        to ledger: any FileLedger,
        limit: Int,
        room: UploadRoom,
        isHashed: Bool,
        at now: Timestamp
    ) {
        self.id = id
        self.ledger = ledger
        self.limit = limit
        self.room = room
        startedAt = now
        hasher = isHashed ? SHA256() : nil
    }

    /// - Throws: 413 or 403 at the byte too much, 503 when the disk is as good as full, or what the ledger throws.
    mutating func write(_ data: ArraySlice<UInt8>) async throws {
        guard bytes + data.count <= limit else { throw APIError.tooLarge("A file", limit: limit) }
        try room.check(bytes + data.count)
        bytes += data.count
        var rest = data
        while !rest.isEmpty {
            let piece = rest.prefix(FileChunk.size - chunk.count)
            chunk.append(contentsOf: piece)
            rest = rest.dropFirst(piece.count)
            if chunk.count == FileChunk.size { try await flush() }
        }
    }

    /// Writes what is left.
    mutating func finish() async throws {
        if !chunk.isEmpty { try await flush() }
    }

    /// SHA-256 of name and content, hexadecimal; nil where it was not asked for.
    func hash(of filename: String) -> String? {
        guard var hasher else { return nil }
        hasher.update(data: Array(filename.utf8))
        return hexadecimal(hasher.finalize())
    }

    private mutating func flush() async throws {
        try await room.checkDisk()
        hasher?.update(data: chunk)
        try await ledger.appendChunk(chunk, number: number, of: id, at: startedAt)
        chunk.removeAll(keepingCapacity: true)
        number += 1
    }
}

extension FileLedger {
    /// What a body makes of an upload; where it fails, or says that the upload is not needed, its chunks are freed.
    ///
    /// - Parameter body: returns what came, and whether the upload is kept.
    func receiving<Value>(
        _ file: FileID,
        _ body: () async throws -> (value: Value, isKept: Bool)
    ) async throws -> Value {
        do {
            let result = try await body()
            if !result.isKept { try await discard(upload: file) }
            return result.value
        } catch let error as LedgerUnavailable {
            // The file may be there after all; if not, its chunks go with the sweep of abandoned uploads.
            throw error
        } catch {
            // What cannot be freed now goes with that sweep, too; the caller is told why it failed.
            try? await discard(upload: file)
            throw error
        }
    }
}
