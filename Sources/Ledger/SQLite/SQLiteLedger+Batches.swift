import GRDB
package import Penstock

extension SQLiteLedger {
    private static let batchColumns = "SELECT document, version FROM batches"
    private static let insertBatch = """
        INSERT INTO batches (id, tenant, state, dialect, version, document)
        VALUES (\(textArgument), \(textArgument), \(textArgument), \(textArgument), ?, \(textArgument))
        ON CONFLICT (id) DO NOTHING
        """
    private static let replaceBatch = """
        UPDATE batches SET state = \(textArgument), version = ?, document = \(textArgument)
        WHERE id = \(textArgument) AND version = ?
        """
    /// As in the index `batches_unfinished`, word by word, else SQLite does not use it.
    static let unfinished = "state IN ('validating', 'in_progress', 'finalizing', 'cancelling')"

    package func insert(_ batch: BatchRecord) async throws {
        let document = BatchDocument.encode(batch)
        try await records.write(bytes: document.utf8.count) { db in
            try db.change(
                Self.insertBatch,
                [
                    .text(batch.id.text), .text(batch.tenant.text), .text(batch.state.rawValue),
                    .text(batch.dialect.rawValue), .integer(batch.version), .text(document),
                ]
            )
        }
    }

    package func batch(_ id: BatchID) async throws -> BatchRecord? {
        try await records.read { db in
            try db.first(
                Self.batchColumns + " WHERE id = \(textArgument)",
                [.text(id.text)],
                from: "batches",
                Self.readBatch
            )
        }
    }

    package func replace(_ batch: BatchRecord) async throws -> BatchRecord? {
        var stored = batch
        stored.version += 1
        let document = BatchDocument.encode(stored)
        let arguments: [DatabaseValue] = [
            .text(stored.state.rawValue), .integer(stored.version), .text(document), .text(batch.id.text),
            .integer(batch.version),
        ]
        let event = WebhookEvent(stored)
        let isReplaced = try await records.write(bytes: document.utf8.count) { db in
            // Before the update: only the write that ends the batch finds it unfinished.
            if let event { try EventTable.put(event, ifUnfinished: batch.version, in: db) }
            return try db.change(Self.replaceBatch, arguments) > 0
        }
        return isReplaced ? stored : nil
    }

    package func batches(of tenant: TenantID, after cursor: BatchID?, limit: Int) async throws -> [BatchRecord] {
        var query = ListQuery(Self.batchColumns + " WHERE tenant = \(textArgument)", .text(tenant.text))
        if let cursor { query.add("id < \(textArgument)", .text(cursor.text)) }
        let sql = query.sql + " ORDER BY id DESC LIMIT ?"
        let arguments = query.arguments + [.integer(max(0, limit))]
        return try await records.read { db in try db.all(sql, arguments, from: "batches", Self.readBatch) }
    }

    /// As in the index `batches_of_messages`, word by word.
    private static let ofMessages = "dialect = 'anthropic'"

    package func messageBatches(of tenant: TenantID, _ page: BatchPage, limit: Int) async throws -> [BatchRecord] {
        var query = ListQuery(
            Self.batchColumns + " WHERE \(Self.ofMessages) AND tenant = \(textArgument)",
            .text(tenant.text)
        )
        var isAscending = false
        switch page {
        case .newest: break
        case .after(let cursor): query.add("id < \(textArgument)", .text(cursor.text))
        case .before(let cursor):
            query.add("id > \(textArgument)", .text(cursor.text))
            isAscending = true
        }
        let sql = query.sql + " ORDER BY id \(isAscending ? "ASC" : "DESC") LIMIT ?"
        let arguments = query.arguments + [.integer(max(0, limit))]
        let found = try await records.read { db in try db.all(sql, arguments, from: "batches", Self.readBatch) }
        return isAscending ? found.reversed() : found
    }

    package func unfinishedBatches() async throws -> [BatchRecord] {
        try await records.read { db in
            try db.all(
                Self.batchColumns + " WHERE \(Self.unfinished) ORDER BY id",
                [],
                from: "batches",
                Self.readBatch
            )
        }
    }

    private static func readBatch(_ row: inout ColumnReader) throws -> BatchRecord {
        let document = try row.bytes()
        guard let batch = BatchDocument.decode(document, version: try row.int64()) else { throw row.damage }
        return batch
    }
}
