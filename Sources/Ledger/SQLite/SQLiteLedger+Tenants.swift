import GRDB
package import Penstock

extension SQLiteLedger {
    private static let revokeKey = """
        UPDATE api_keys SET revoked_ms = COALESCE(revoked_ms, ?) WHERE id = \(textArgument)
        """

    /// A known tenant keeps its date of creation.
    package func put(_ tenant: TenantRecord) async throws {
        try await records.write { db in
            try db.change(TenantTable.put, TenantTable.values(of: tenant))
        }
    }

    package func tenant(_ id: TenantID) async throws -> TenantRecord? {
        try await records.read { db in
            try db.first(
                TenantTable.select + " WHERE id = \(textArgument)",
                [.text(id.text)],
                from: TenantTable.name,
                TenantTable.read
            )
        }
    }

    /// In the order of their names.
    package func tenants() async throws -> [TenantRecord] {
        try await records.read { db in
            try db.all(TenantTable.select + " ORDER BY id", [], from: TenantTable.name, TenantTable.read)
        }
    }

    /// - Throws: `LedgerUnavailable` when another key has the same hash.
    package func insert(_ key: APIKeyRecord) async throws {
        try await records.write { db in try db.change(KeyTable.insert, KeyTable.values(of: key)) }
    }

    package func apiKey(hash: String) async throws -> APIKeyRecord? {
        try await records.read { db in
            try db.first(
                KeyTable.select + " WHERE hash = \(textArgument)",
                [.text(hash)],
                from: KeyTable.name,
                KeyTable.read
            )
        }
    }

    /// Oldest first.
    package func apiKeys(of tenant: TenantID?) async throws -> [APIKeyRecord] {
        let condition = tenant == nil ? "" : " WHERE tenant = \(textArgument)"
        let arguments = tenant.map { [DatabaseValue.text($0.text)] } ?? []
        return try await records.read { db in
            try db.all(
                KeyTable.select + condition + " ORDER BY created_ms, id",
                arguments,
                from: KeyTable.name,
                KeyTable.read
            )
        }
    }

    /// Revoking twice keeps the first moment.
    package func revokeAPIKey(_ id: String, at now: Timestamp) async throws -> Bool {
        try await records.write { db in try db.change(Self.revokeKey, [.time(now), .text(id)]) > 0 }
    }
}

/// The table `api_keys`.
private enum KeyTable {
    static let name = "api_keys"

    private static let columns = Columns([
        .text("id"), .text("hash"), .text("tenant"), .text("name"), .text("classes"), .integer("is_admin"),
        .integer("created_ms"), .integer("revoked_ms"),
    ])

    static let insert = columns.insert(into: name) + " ON CONFLICT (id) DO NOTHING"
    static let select = "SELECT \(columns.names) FROM api_keys"

    static func values(of key: APIKeyRecord) -> [DatabaseValue] {
        let classes = key.classes.map(\.rawValue).sorted().joined(separator: ",")
        return [
            .text(key.id), .text(key.hash), .text(key.tenant.text), .text(key.name), .text(classes),
            .integer(key.isAdmin ? 1 : 0), .time(key.createdAt), .time(key.revokedAt),
        ]
    }

    static func read(_ row: inout ColumnReader) throws -> APIKeyRecord {
        let id = try row.text()
        let hash = try row.text()
        let tenant = TenantID(trusted: try row.text())
        let name = try row.text()
        let classes = try row.word(readClasses)
        let isAdmin = try row.int() != 0
        let createdAt = try row.time()
        return APIKeyRecord(
            id: id,
            hash: hash,
            tenant: tenant,
            name: name,
            isAdmin: isAdmin,
            classes: classes,
            createdAt: createdAt,
            revokedAt: try row.optionalTime()
        )
    }

    private static func readClasses(_ text: String) -> Set<JobClass>? {
        let words = text.split(separator: ",")
        let classes = words.compactMap { JobClass(rawValue: String($0)) }
        return classes.count == words.count ? Set(classes) : nil
    }
}
