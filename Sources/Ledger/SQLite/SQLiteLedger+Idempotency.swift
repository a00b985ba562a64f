import GRDB
package import Penstock

extension SQLiteLedger {
    private static let reserveKey = """
        INSERT INTO idempotency (tenant, scope, key, request_hash, id, created_ms)
        VALUES (\(textArgument), \(textArgument), \(textArgument), \(textArgument), \(textArgument), ?)
        ON CONFLICT DO NOTHING
        """
    private static let moveKey = """
        UPDATE idempotency SET id = \(textArgument)
        WHERE tenant = \(textArgument) AND scope = \(textArgument) AND key = \(textArgument) AND id = \(textArgument)
        """
    private static let findKey = """
        SELECT request_hash, id FROM idempotency
        WHERE tenant = \(textArgument) AND scope = \(textArgument) AND key = \(textArgument)
        """

    /// Repeating a reservation for the same id answers `.reserved` again: its caller does not know yet that it has it.
    package func reserve(_ key: IdempotencyKey, for id: String, at now: Timestamp) async throws -> Reservation {
        try await records.write(bytes: 300) { db in
            let name: [DatabaseValue] = [.text(key.tenant.text), .text(key.scope), .text(key.key)]
            let isNew = try db.change(Self.reserveKey, name + [.text(key.requestHash), .text(id), .time(now)]) > 0
            if isNew { return .reserved }
            let existing = try db.first(Self.findKey, name, from: "idempotency") { row in
                (hash: try row.text(), id: try row.text())
            }
            guard let existing, existing.hash == key.requestHash else { return .conflict }
            return existing.id == id ? .reserved : .replay(of: existing.id)
        }
    }

    package func move(_ key: IdempotencyKey, from earlier: String, to id: String) async throws -> Bool {
        let arguments: [DatabaseValue] = [
            .text(id), .text(key.tenant.text), .text(key.scope), .text(key.key), .text(earlier),
        ]
        return try await records.write(bytes: 300) { db in try db.change(Self.moveKey, arguments) > 0 }
    }
}
