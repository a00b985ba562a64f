import Mongo
package import Penstock

extension MongoLedger {
    /// An upload under way is known by its document in `uploads`, which says when its newest chunk came.
    package func appendChunk(_ bytes: [UInt8], number: Int, of file: FileID, at now: Timestamp) async throws {
        let chunk: BSONDocument = [
            "_id": .text(ChunkID.of(file, number)), "file": .text(file.text), "number": .integer(number),
            "size": .integer(bytes.count), "bytes": .bytes(bytes),
        ]
        try await run { session in
            try session.touchUpload(file, at: now)
            try session.insertNew(chunk, into: MongoSchema.fileChunks)
        }
    }

    /// - Throws: `LedgerUnavailable` when the file's chunks are not all there, or are not as long as it says.
    package func insert(_ file: FileRecord) async throws {
        try await run { session in
            let name: BSONDocument = ["_id": .text(file.id.text)]
            guard try session.first(name, in: MongoSchema.files, fields: ["_id": 1], { _ in true }) == nil else {
                return
            }
            if file.content == .chunks { try session.checkChunks(of: file) }
            try session.insertNew(FileDocument.document(file), into: MongoSchema.files)
            try session.deleteMany(name, in: MongoSchema.uploads)
        }
    }

    package func file(_ id: FileID) async throws -> FileRecord? {
        try await run { session in
            try session.first(["_id": .text(id.text)], in: MongoSchema.files, FileDocument.read)
        }
    }

    package func files(of tenant: TenantID, purpose: FilePurpose?, after cursor: FileID?, newestFirst: Bool, limit: Int)
        async throws -> [FileRecord]
    {
        try await run { session in
            var start = newestFirst ? SortKey.end : ""
            if let cursor {
                guard let key = try SortKey.of(cursor: cursor.text, in: MongoSchema.files, session) else { return [] }
                start = key
            }
            let isPast: BSONValue = newestFirst ? ["$lt": .text(start)] : ["$gt": .text(start)]
            return try session.find(
                [
                    "tenant": .text(tenant.text), "sort_key": isPast,
                    "purpose": purpose.map { .text($0.rawValue) },
                ],
                in: MongoSchema.files,
                sort: ["sort_key": newestFirst ? -1 : 1],
                limit: max(0, limit),
                FileDocument.read
            )
        }
    }

    package func chunk(_ number: Int, of file: FileID) async throws -> [UInt8]? {
        try await run { session in
            try session.first(["_id": .text(ChunkID.of(file, number))], in: MongoSchema.fileChunks) { fields in
                try fields.bytes("bytes")
            }
        }
    }

    /// The chunks become an abandoned upload first, so that a crash in between leaves them to be swept.
    package func delete(_ file: FileID) async throws -> Bool {
        try await run { session in
            let name: BSONDocument = ["_id": .text(file.text)]
            guard let found = try session.first(name, in: MongoSchema.files, FileDocument.read) else { return false }
            if found.content == .chunks { try session.touchUpload(file, at: found.createdAt) }
            let isOurs = try session.deleteMany(name, in: MongoSchema.files) > 0
            if found.content == .chunks { try session.deleteUpload(file) }
            return isOurs
        }
    }

    package func discard(upload file: FileID) async throws {
        _ = try await run { session in try session.sweepUpload(file) }
    }

    /// Counts chunks.
    package func deleteAbandonedChunks(before moment: Timestamp) async throws -> Int {
        try await run { session in
            let old = try session.find(
                ["touched_ms": ["$lt": .time(moment)]],
                in: MongoSchema.uploads,
                fields: ["_id": 1]
            ) { fields in FileID(try fields.text("_id")) }
            return try old.reduce(0) { try $0 + session.sweepUpload($1) }
        }
    }
}

/// Names of chunks: those of one file lie side by side.
private enum ChunkID {
    static func of(_ file: FileID, _ number: Int) -> String { "\(file.text)/\(number)" }

    /// All chunks of a file; "0" follows "/" in ASCII.
    static func all(of file: FileID) -> BSONValue { ["$gt": .text(file.text + "/"), "$lt": .text(file.text + "0")] }
}

extension MongoSession {
    fileprivate func touchUpload(_ file: FileID, at now: Timestamp) throws {
        _ = try updateOne(
            ["_id": .text(file.text)],
            in: MongoSchema.uploads,
            to: ["$set": ["touched_ms": .time(now)]],
            upsert: true
        )
    }

    /// - Returns: how many chunks it had.
    @discardableResult
    fileprivate func deleteUpload(_ file: FileID) throws -> Int {
        let chunks = try deleteMany(["_id": ChunkID.all(of: file)], in: MongoSchema.fileChunks)
        try deleteMany(["_id": .text(file.text)], in: MongoSchema.uploads)
        return chunks
    }

    /// Deletes an old upload's chunks, unless they became a file and only the upload's end was not noted.
    fileprivate func sweepUpload(_ file: FileID) throws -> Int {
        let name: BSONDocument = ["_id": .text(file.text)]
        let isFile = try first(name, in: MongoSchema.files, fields: ["_id": 1]) { _ in true } ?? false
        guard isFile else { return try deleteUpload(file) }
        try deleteMany(name, in: MongoSchema.uploads)
        return 0
    }

    fileprivate func checkChunks(of file: FileRecord) throws {
        let isComplete = try aggregate(
            [
                ["$match": ["_id": ChunkID.all(of: file.id)]],
                [
                    "$group": [
                        "_id": .null, "count": ["$sum": 1], "last": ["$max": "$number"], "bytes": ["$sum": "$size"],
                    ]
                ],
            ],
            in: MongoSchema.fileChunks
        ) { fields in
            let isWhole = try fields.int("count") == fields.int("last") + 1
            return try isWhole && fields.integer("bytes") == file.bytes
        }
        guard isComplete.first ?? (file.bytes == 0) else {
            throw LedgerUnavailable("the file's chunks are not all there")
        }
    }
}

/// The collection `files`.
private enum FileDocument {
    static func document(_ file: FileRecord) -> BSONDocument {
        let source: (batch: BatchID, kind: RowKind)? =
            switch file.content {
            case .chunks: nil
            case .rows(let batch, let kind): (batch, kind)
            }
        return [
            "_id": .text(file.id.text), "sort_key": .text(SortKey.of(file.id.text, at: file.createdAt)),
            "tenant": .text(file.tenant.text), "filename": .text(file.filename),
            "purpose": .text(file.purpose.rawValue), "bytes": .integer(file.bytes),
            "created_ms": .time(file.createdAt), "expires_ms": file.expiresAt.map { .time($0) },
            "batch": source.map { .text($0.batch.text) }, "kind": source.map { .text($0.kind.rawValue) },
        ]
    }

    static func read(_ fields: borrowing BSONFields) throws -> FileRecord {
        FileRecord(
            id: FileID(try fields.text("_id")),
            tenant: TenantID(trusted: try fields.text("tenant")),
            filename: try fields.text("filename"),
            purpose: try fields.word("purpose", FilePurpose.init(rawValue:)),
            bytes: try fields.integer("bytes"),
            createdAt: try fields.time("created_ms"),
            expiresAt: try fields.optionalTime("expires_ms"),
            content: try content(fields)
        )
    }

    private static func content(_ fields: borrowing BSONFields) throws -> FileContent {
        guard let batch = try fields.optionalText("batch") else { return .chunks }
        return .rows(of: BatchID(batch), try fields.word("kind", RowKind.init(rawValue:)))
    }
}
