import Mongo
package import Penstock

extension MongoLedger {
    /// Repeating a reservation for the same id answers `.reserved` again: its caller does not know yet that it has it.
    package func reserve(_ key: IdempotencyKey, for id: String, at now: Timestamp) async throws -> Reservation {
        // Neither tenants nor scopes hold a slash, so no two keys make one name.
        let name = "\(key.tenant.text)/\(key.scope)/\(key.key)"
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
}
