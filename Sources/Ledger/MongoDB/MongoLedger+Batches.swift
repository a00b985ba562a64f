import Mongo
package import Penstock

extension MongoLedger {
    package func insert(_ batch: BatchRecord) async throws {
        let document = BatchFields.document(batch)
        try await run { session in try session.insertNew(document, into: MongoSchema.batches) }
    }

    package func batch(_ id: BatchID) async throws -> BatchRecord? {
        try await run { session in
            try session.first(["_id": .text(id.text)], in: MongoSchema.batches, BatchFields.read)
        }
    }

    package func replace(_ batch: BatchRecord) async throws -> BatchRecord? {
        var stored = batch
        stored.version += 1
        let current: Members = [("_id", .text(batch.id.text)), ("version", .integer(batch.version))]
        let members = BatchFields.members(of: stored)
        // What ends the batch, and only that, leaves the mark that makes its event.
        let endsNow = stored.state.isTerminal
        let isReplaced = try await run { session in
            let mark: Members = endsNow ? [("webhook_due", true)] : []
            let isUnfinished: Members = [("unfinished", true)]
            return try session.update(current + isUnfinished, to: members + mark, unfinished: !endsNow)
                || session.update(current, to: members, unfinished: !endsNow)
        }
        return isReplaced ? stored : nil
    }

    package func batches(of tenant: TenantID, after cursor: BatchID?, limit: Int) async throws -> [BatchRecord] {
        try await run { session in
            try session.find(
                ["tenant": .text(tenant.text), "sort_key": ["$lt": .text(cursor?.text ?? SortKey.end)]],
                in: MongoSchema.batches,
                sort: ["sort_key": -1],
                limit: max(0, limit),
                BatchFields.read
            )
        }
    }

    package func messageBatches(of tenant: TenantID, _ page: BatchPage, limit: Int) async throws -> [BatchRecord] {
        let (isPast, direction): (BSONValue, BSONValue) =
            switch page {
            case .newest: (["$lt": .text(SortKey.end)], -1)
            case .after(let cursor): (["$lt": .text(cursor.text)], -1)
            case .before(let cursor): (["$gt": .text(cursor.text)], 1)
            }
        let found = try await run { session in
            try session.find(
                [
                    "tenant": .text(tenant.text), "dialect": .text(BatchDialect.anthropic.rawValue), "sort_key": isPast,
                ],
                in: MongoSchema.batches,
                sort: ["sort_key": direction],
                limit: max(0, limit),
                BatchFields.read
            )
        }
        if case .before = page { return found.reversed() }
        return found
    }

    package func unfinishedBatches() async throws -> [BatchRecord] {
        try await run { session in
            try session.find(
                ["unfinished": true],
                in: MongoSchema.batches,
                sort: ["sort_key": 1],
                BatchFields.read
            )
        }
    }
}

/// The collection `batches`: what is asked for by index, and the whole record as the JSON of `BatchDocument`.
enum BatchFields {
    static func document(_ batch: BatchRecord) -> BSONDocument {
        BSONDocument(
            [("_id", .text(batch.id.text)), ("unfinished", batch.state.isTerminal ? nil : true)] + members(of: batch)
        )
    }

    /// Ids of batches begin with the time, so they are sort keys as they are.
    static func members(of batch: BatchRecord) -> Members {
        [
            ("sort_key", .text(batch.id.text)), ("tenant", .text(batch.tenant.text)),
            ("state", .text(batch.state.rawValue)), ("dialect", .text(batch.dialect.rawValue)),
            ("version", .integer(batch.version)),
            ("created_ms", .time(batch.createdAt)), ("ended_ms", batch.endedAt.map { .time($0) }),
            ("total", .integer(batch.total)), ("document", .text(BatchDocument.encode(batch))),
        ]
    }

    static func read(_ fields: borrowing BSONFields) throws -> BatchRecord {
        let document = Array(try fields.text("document").utf8)
        guard let batch = BatchDocument.decode(document, version: try fields.integer("version")) else {
            throw LedgerUnavailable("the ledger has a damaged document: a batch")
        }
        return batch
    }
}

extension MongoSession {
    fileprivate func update(_ filter: Members, to members: Members, unfinished: Bool) throws -> Bool {
        var update: Members = [("$set", .document(BSONDocument(members + (unfinished ? [("unfinished", true)] : []))))]
        // Only what goes on is in the index of what goes on.
        if !unfinished { update.append(("$unset", ["unfinished": ""])) }
        return try updateOne(BSONDocument(filter), in: MongoSchema.batches, to: BSONDocument(update))
    }
}
