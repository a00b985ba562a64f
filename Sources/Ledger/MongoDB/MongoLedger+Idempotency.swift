import Mongo
package import Penstock

extension MongoLedger {
    /// Repeating a reservation for the same id answers `.reserved` again: its caller does not know yet that it has it.
    package func reserve(_ key: IdempotencyKey, for id: String, at now: Timestamp) async throws -> Reservation {
        let name = Self.name(of: key)
        return try await run { session in
            let isNew = try session.insertNew(
                [
                    "_id": .text(name), "tenant": .text(key.tenant.text), "scope": .text(key.scope),
                    "request_hash": .text(key.requestHash),
                    "id": .text(id), "created_ms": .time(now),
                ],
                into: MongoSchema.idempotency
            )
            if isNew { return .reserved }
            let existing = try session.firstOnMajority(["_id": .text(name)], in: MongoSchema.idempotency) { fields in
                (hash: try fields.text("request_hash"), id: try fields.text("id"))
            }
            guard existing.hash == key.requestHash else { return .conflict }
            return existing.id == id ? .reserved : .replay(of: existing.id)
        }
    }

    package func move(_ key: IdempotencyKey, from earlier: String, to id: String) async throws -> Bool {
        try await run { session in
            try session.updateOne(
                ["_id": .text(Self.name(of: key)), "id": .text(earlier)],
                in: MongoSchema.idempotency,
                to: ["$set": ["id": .text(id)]]
            )
        }
    }

    /// All keys of a tenant; "0" follows "/" in ASCII.
    static func keys(of tenant: TenantID) -> BSONValue {
        ["$gt": .text(tenant.text + "/"), "$lt": .text(tenant.text + "0")]
    }

    /// Neither tenants nor scopes hold a slash, so no two keys make one name.
    private static func name(of key: IdempotencyKey) -> String { "\(key.tenant.text)/\(key.scope)/\(key.key)" }
}
