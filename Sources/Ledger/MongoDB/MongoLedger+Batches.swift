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
        let current: BSONDocument = ["_id": .text(batch.id.text), "version": .integer(batch.version)]
        let document = BatchFields.document(stored)
        let isReplaced = try await run { session in
            try session.replaceOne(current, in: MongoSchema.batches, with: document)
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
    /// Ids of batches begin with the time, so they are sort keys as they are.
    static func document(_ batch: BatchRecord) -> BSONDocument {
        [
            "_id": .text(batch.id.text), "sort_key": .text(batch.id.text), "tenant": .text(batch.tenant.text),
            "state": .text(batch.state.rawValue), "unfinished": batch.state.isTerminal ? nil : true,
            "version": .integer(batch.version), "created_ms": .time(batch.createdAt), "total": .integer(batch.total),
            "ended_ms": batch.endedAt.map { .time($0) }, "webhook_due": batch.endedAt == nil ? nil : true,
            "document": .text(BatchDocument.encode(batch)),
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
