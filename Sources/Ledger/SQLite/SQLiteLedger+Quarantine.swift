import GRDB
package import Penstock

extension SQLiteLedger {
    private static let body = "SELECT body FROM accepted WHERE is_quarantined = 1 AND id = \(textArgument)"
    private static let forget = "DELETE FROM accepted WHERE is_quarantined = 1 AND id = \(textArgument)"

    /// Before the cursor; word by word as in the index `jobs_quarantined`, else SQLite does not use it.
    static func quarantined(of tenant: TenantID) -> ListQuery {
        ListQuery(
            JobTable.select + " WHERE error_class = 'penstock_poison' AND tenant = \(textArgument)",
            .text(tenant.text)
        )
    }

    package func quarantinedJobs(of tenant: TenantID, after cursor: JobID?, _ bounds: PageBounds) async throws
        -> [TerminalRow]
    {
        var query = Self.quarantined(of: tenant)
        if let cursor { query.add(cursor: cursor.text, in: JobTable.name, newestFirst: true) }
        query.finish(newestFirst: true, limit: bounds.limit)
        return try await records.read { [query] db in
            try JobTable.page(query.sql, query.arguments, bounds, in: db)
        }
    }

    package func quarantinedRequest(of job: JobID) async throws -> QuarantinedRequest? {
        let key: [DatabaseValue] = [.text(job.text)]
        return try await records.read { db in
            let select = AcceptedTable.select + " WHERE is_quarantined = 1 AND id = \(textArgument)"
            guard let job = try db.first(select, key, from: AcceptedTable.name, AcceptedTable.read),
                let body = try db.first(Self.body, key, from: AcceptedTable.name, { row in try row.bytes() })
            else { return nil }
            return QuarantinedRequest(job: job, body: body)
        }
    }

    package func forgetQuarantinedRequest(of job: JobID) async throws {
        try await records.write { db in try db.change(Self.forget, [.text(job.text)]) }
    }

    package func reservations(of tenant: TenantID, scope: String, keys: [String]) async throws -> [String: String] {
        guard !keys.isEmpty else { return [:] }
        let places = keys.map { _ in textArgument }.joined(separator: ", ")
        let select = """
            SELECT key, id FROM idempotency
            WHERE tenant = \(textArgument) AND scope = \(textArgument) AND key IN (\(places))
            """
        let arguments: [DatabaseValue] = [.text(tenant.text), .text(scope)] + keys.map { .text($0) }
        let found = try await records.read { db in
            try db.all(select, arguments, from: "idempotency") { row in (try row.text(), try row.text()) }
        }
        return Dictionary(found) { first, _ in first }
    }
}
