import Mongo
package import Penstock

extension MongoLedger {
    /// A known tenant keeps its date of creation.
    package func put(_ tenant: TenantRecord) async throws {
        let update: BSONDocument = [
            "$set": .document(TenantDocument.settings(of: tenant)),
            "$setOnInsert": ["created_ms": .time(tenant.createdAt)],
        ]
        try await run { session in
            _ = try session.updateOne(
                ["_id": .text(tenant.id.text)],
                in: MongoSchema.tenants,
                to: update,
                upsert: true
            )
        }
    }

    package func tenant(_ id: TenantID) async throws -> TenantRecord? {
        try await run { session in
            try session.first(["_id": .text(id.text)], in: MongoSchema.tenants, TenantDocument.read)
        }
    }

    /// In the order of their names.
    package func tenants() async throws -> [TenantRecord] {
        try await run { session in
            try session.find([:], in: MongoSchema.tenants, sort: ["_id": 1], TenantDocument.read)
        }
    }

    /// - Throws: `LedgerUnavailable` when another key has the same hash.
    package func insert(_ key: APIKeyRecord) async throws {
        try await run { session in
            guard try !session.insertNew(KeyDocument.document(key), into: MongoSchema.apiKeys) else { return }
            let isRepeated = try session.first(["_id": .text(key.id)], in: MongoSchema.apiKeys) { _ in true } ?? false
            guard isRepeated else { throw MongoError(.duplicateKey, "another API key has the same hash") }
        }
    }

    package func apiKey(hash: String) async throws -> APIKeyRecord? {
        try await run { session in
            try session.first(["hash": .text(hash)], in: MongoSchema.apiKeys, KeyDocument.read)
        }
    }

    /// Oldest first.
    package func apiKeys(of tenant: TenantID?) async throws -> [APIKeyRecord] {
        let keys = try await run { session in
            try session.find(
                ["tenant": tenant.map { .text($0.text) }],
                in: MongoSchema.apiKeys,
                KeyDocument.read
            )
        }
        return keys.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    /// Revoking twice keeps the first moment.
    package func revokeAPIKey(_ id: String, at now: Timestamp) async throws -> Bool {
        try await run { session in
            let isRevoked = try session.updateOne(
                ["_id": .text(id), "revoked_ms": .null],
                in: MongoSchema.apiKeys,
                to: ["$set": ["revoked_ms": .time(now)]]
            )
            if isRevoked { return true }
            return try session.first(["_id": .text(id)], in: MongoSchema.apiKeys) { _ in true } ?? false
        }
    }
}

/// The collection `tenants`. Documents of earlier versions have no more than a weight and `max_running`.
private enum TenantDocument {
    static func settings(of tenant: TenantRecord) -> BSONDocument {
        let policy = tenant.policy
        return [
            "weight": .integer(policy.weight), "max_running": bound(policy.maxRunning),
            "requests_per_minute": bound(policy.requestsPerMinute), "tokens_per_minute": bound(policy.tokensPerMinute),
            "max_jobs": bound(policy.caps.jobs), "max_bytes": bound(policy.caps.bytes),
            "max_tokens": bound(policy.caps.tokens), "is_paused": .integer(policy.isPaused ? 1 : 0),
            "retention_days": bound(tenant.retentionDays),
        ]
    }

    private static func bound(_ value: Int?) -> BSONValue { value.map { .integer($0) } ?? .null }

    static func read(_ fields: borrowing BSONFields) throws -> TenantRecord {
        let caps = LiveCaps(
            jobs: try fields.optionalInt("max_jobs"),
            bytes: try fields.optionalInt("max_bytes"),
            tokens: try fields.optionalInt("max_tokens")
        )
        let policy = TenantPolicy(
            weight: try fields.int("weight"),
            maxRunning: try fields.optionalInt("max_running"),
            requestsPerMinute: try fields.optionalInt("requests_per_minute"),
            tokensPerMinute: try fields.optionalInt("tokens_per_minute"),
            caps: caps,
            isPaused: try fields.optionalInt("is_paused") == 1
        )
        return TenantRecord(
            id: TenantID(trusted: try fields.text("_id")),
            policy: policy,
            retentionDays: try fields.optionalInt("retention_days"),
            createdAt: try fields.time("created_ms")
        )
    }
}

/// The collection `api_keys`.
private enum KeyDocument {
    static func document(_ key: APIKeyRecord) -> BSONDocument {
        [
            "_id": .text(key.id), "hash": .text(key.hash), "tenant": .text(key.tenant.text), "name": .text(key.name),
            "classes": .texts(key.classes.map(\.rawValue).sorted()), "is_admin": .flag(key.isAdmin),
            "created_ms": .time(key.createdAt), "revoked_ms": key.revokedAt.map { .time($0) } ?? .null,
        ]
    }

    static func read(_ fields: borrowing BSONFields) throws -> APIKeyRecord {
        let words = try fields.texts("classes")
        let classes = words.compactMap(JobClass.init(rawValue:))
        guard classes.count == words.count else { throw LedgerUnavailable("the ledger has a damaged document: a key") }
        return APIKeyRecord(
            id: try fields.text("_id"),
            hash: try fields.text("hash"),
            tenant: TenantID(trusted: try fields.text("tenant")),
            name: try fields.text("name"),
            isAdmin: try fields.flag("is_admin"),
            classes: Set(classes),
            createdAt: try fields.time("created_ms"),
            revokedAt: try fields.optionalTime("revoked_ms")
        )
    }
}
