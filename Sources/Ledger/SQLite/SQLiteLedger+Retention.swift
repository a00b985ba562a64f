import GRDB
package import Penstock

extension SQLiteLedger {
    /// Rows that one commit removes: a large batch must not keep the other writers waiting.
    private static let rowsPerCommit = 500

    /// The record goes last: a crash in between leaves it, and whoever removes old batches comes again.
    package func delete(_ batch: BatchRecord) async throws {
        let views = [batch.outputFile, batch.errorFile].compactMap { $0 }
        for view in views { _ = try await delete(view) }
        let rows: [DatabaseValue] = [.text(batch.id.text), .integer(Self.rowsPerCommit)]
        while try await records.write({ db in try Self.delete(Self.rowsOfBatch, rows, in: db) }) > 0 {}
        try await records.write { db in
            try db.change("DELETE FROM batches WHERE id = \(textArgument)", [.text(batch.id.text)])
        }
    }

    package func deleteRow(of job: JobID) async throws -> Bool {
        let one = "SELECT id FROM jobs WHERE id = \(textArgument)"
        return try await records.write { db in
            try db.change(Self.emptyCancelled, Self.deletion + [.text(job.text)]) > 0
                || Self.delete(one, [.text(job.text)], in: db) > 0
        }
    }

    package func deleteFinishedJobs(of tenant: TenantID, before moment: Timestamp, limit: Int) async throws -> Int {
        let arguments: [DatabaseValue] = [
            .text(tenant.text), .time(moment), .time(moment), .integer(min(limit, Self.rowsPerCommit)),
        ]
        return try await records.write { db in try Self.delete(Self.oldRows, arguments, in: db) }
    }

    package func deleteEndedDeliveries(of tenant: TenantID, before moment: Timestamp, limit: Int) async throws -> Int {
        let sql = """
            DELETE FROM deliveries WHERE id IN (
              SELECT id FROM deliveries WHERE tenant = \(textArgument) AND created_ms < ? AND state <> 'pending' LIMIT ?)
            """
        return try await records.write { db in
            try db.change(sql, [.text(tenant.text), .time(moment), .integer(min(limit, Self.rowsPerCommit))])
        }
    }

    package func expiredFiles(at moment: Timestamp, limit: Int) async throws -> [FileID] {
        try await files.read { db in
            try db.all(
                "SELECT id FROM files WHERE expires_ms <= ? LIMIT ?",
                [.time(moment), .integer(max(0, limit))],
                from: "files"
            ) { row in FileID(try row.text()) }
        }
    }

    package func forgetIdempotencyKeys(before moment: Timestamp) async throws -> Int {
        try await records.write { db in
            try db.change("DELETE FROM idempotency WHERE created_ms < ?", [.time(moment)])
        }
    }

    private static let emptyCancelled = """
        UPDATE jobs SET error_class = \(textArgument), error_message = \(textArgument), metadata = x'', status = NULL,
          request_id = NULL, response = NULL
        WHERE id = \(textArgument) AND state = 'cancelled'
        """
    private static let deletion: [DatabaseValue] = [
        .text(TerminalRow.deletion.errorClass.rawValue), .text(TerminalRow.deletion.message),
    ]
    private static let rowsOfBatch = "SELECT id FROM jobs WHERE batch = \(textArgument) LIMIT ?"
    /// What finished before a moment was made before it: that is what the index knows.
    private static let oldRows = """
        SELECT id FROM jobs WHERE batch IS NULL AND tenant = \(textArgument) AND created_ms < ? AND finished_ms < ? LIMIT ?
        """

    /// Removes the rows that a SELECT finds, and the bodies that are kept of them.
    private static func delete(_ selection: String, _ arguments: [DatabaseValue], in db: Database) throws -> Int {
        let ids = try db.all(selection, arguments, from: JobTable.name) { row in DatabaseValue.text(try row.text()) }
        for id in ids {
            try db.change("DELETE FROM accepted WHERE id = \(textArgument)", [id])
            try db.change("DELETE FROM jobs WHERE id = \(textArgument)", [id])
        }
        return ids.count
    }
}
