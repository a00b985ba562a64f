import GRDB
package import Penstock

extension SQLiteLedger {
    private static let insertFile = FileTable.columns.insert(into: "files") + " ON CONFLICT (id) DO NOTHING"
    private static let selectFile = "SELECT \(FileTable.columns.names) FROM files"
    private static let insertChunk = """
        INSERT INTO file_chunks (file, number, created_ms, bytes) VALUES (\(textArgument), ?, ?, ?)
        ON CONFLICT (file, number) DO NOTHING
        """
    private static let chunkSums = """
        SELECT COUNT(*), COALESCE(MAX(number) + 1, 0), COALESCE(SUM(length(bytes)), 0)
        FROM file_chunks WHERE file = \(textArgument)
        """
    /// Uploads whose newest chunk is old: one that still goes on loses nothing.
    private static let deleteAbandoned = """
        DELETE FROM file_chunks WHERE file IN (
          SELECT file FROM file_chunks WHERE file NOT IN (SELECT id FROM files)
          GROUP BY file HAVING MAX(created_ms) < ?)
        """

    package func appendChunk(_ bytes: [UInt8], number: Int, of file: FileID, at now: Timestamp) async throws {
        try await files.write(bytes: bytes.count) { db in
            try db.change(Self.insertChunk, [.text(file.text), .integer(number), .time(now), .blob(bytes)])
        }
    }

    /// - Throws: `LedgerUnavailable` when the file's chunks are not all there, or are not as long as it says.
    package func insert(_ file: FileRecord) async throws {
        try await files.write(bytes: 300) { db in
            let isNew = try db.change(Self.insertFile, FileTable.values(of: file)) > 0
            if isNew && file.content == .chunks { try Self.checkChunks(of: file, in: db) }
        }
    }

    package func file(_ id: FileID) async throws -> FileRecord? {
        try await files.read { db in
            try db.first(
                Self.selectFile + " WHERE id = \(textArgument)",
                [.text(id.text)],
                from: FileTable.name,
                FileTable.read
            )
        }
    }

    package func files(of tenant: TenantID, purpose: FilePurpose?, after cursor: FileID?, newestFirst: Bool, limit: Int)
        async throws -> [FileRecord]
    {
        var query = ListQuery(Self.selectFile + " WHERE tenant = \(textArgument)", .text(tenant.text))
        if let purpose { query.add("purpose = \(textArgument)", .text(purpose.rawValue)) }
        if let cursor { query.add(cursor: cursor.text, in: FileTable.name, newestFirst: newestFirst) }
        query.finish(newestFirst: newestFirst, limit: limit)
        return try await files.read { [query] db in
            try db.all(query.sql, query.arguments, from: FileTable.name, FileTable.read)
        }
    }

    package func chunk(_ number: Int, of file: FileID) async throws -> [UInt8]? {
        try await files.read { db in
            try db.first(
                "SELECT bytes FROM file_chunks WHERE file = \(textArgument) AND number = ?",
                [.text(file.text), .integer(number)],
                from: "file_chunks"
            ) { row in try row.bytes() }
        }
    }

    package func delete(_ file: FileID) async throws -> Bool {
        try await files.write { db in
            let key: [DatabaseValue] = [.text(file.text)]
            guard try db.change("DELETE FROM files WHERE id = \(textArgument)", key) > 0 else { return false }
            try db.change("DELETE FROM file_chunks WHERE file = \(textArgument)", key)
            return true
        }
    }

    package func discard(upload file: FileID) async throws {
        try await files.write { db in
            let key: [DatabaseValue] = [.text(file.text), .text(file.text)]
            try db.change(
                """
                DELETE FROM file_chunks
                WHERE file = \(textArgument) AND NOT EXISTS (SELECT 1 FROM files WHERE id = \(textArgument))
                """,
                key
            )
        }
    }

    /// Counts chunks.
    package func deleteAbandonedChunks(before moment: Timestamp) async throws -> Int {
        try await files.write { db in try db.change(Self.deleteAbandoned, [.time(moment)]) }
    }

    private static func checkChunks(of file: FileRecord, in db: Database) throws {
        let isComplete = try db.first(chunkSums, [.text(file.id.text)], from: "file_chunks") { row in
            let count = try row.int()
            let end = try row.int()
            let bytes = try row.int64()
            return count == end && bytes == file.bytes
        }
        guard isComplete == true else { throw LedgerUnavailable("the file's chunks are not all there") }
    }
}

/// The table `files`.
private enum FileTable {
    static let name = "files"

    static let columns = Columns([
        .text("id"), .text("tenant"), .text("filename"), .text("purpose"), .integer("bytes"), .integer("created_ms"),
        .integer("expires_ms"), .text("batch"), .text("kind"),
    ])

    static func values(of file: FileRecord) -> [DatabaseValue] {
        let source: (batch: BatchID, kind: RowKind)? =
            switch file.content {
            case .chunks: nil
            case .rows(let batch, let kind): (batch, kind)
            }
        return [
            .text(file.id.text), .text(file.tenant.text), .text(file.filename), .text(file.purpose.rawValue),
            .integer(file.bytes), .time(file.createdAt), .time(file.expiresAt), .text(source?.batch.text),
            .text(source?.kind.rawValue),
        ]
    }

    static func read(_ row: inout ColumnReader) throws -> FileRecord {
        let id = FileID(try row.text())
        let tenant = TenantID(trusted: try row.text())
        let filename = try row.text()
        let purpose: FilePurpose = try row.word()
        let bytes = try row.int64()
        let createdAt = try row.time()
        let expiresAt = try row.optionalTime()
        let content = try readContent(&row)
        return FileRecord(
            id: id,
            tenant: tenant,
            filename: filename,
            purpose: purpose,
            bytes: bytes,
            createdAt: createdAt,
            expiresAt: expiresAt,
            content: content
        )
    }

    private static func readContent(_ row: inout ColumnReader) throws -> FileContent {
        let batch = try row.optionalText()
        let kind = try row.optionalText()
        guard let batch else { return .chunks }
        guard let kind = kind.flatMap(RowKind.init(rawValue:)) else { throw row.damage }
        return .rows(of: BatchID(batch), kind)
    }
}
