import Mongo
import Penstock

/// Collections and indexes. Each query of the ledger is served by one of them; see `ops/mongodb.md`.
enum MongoSchema {
    static let jobs = "jobs"
    static let responseParts = "response_parts"
    static let attempts = "attempts"
    static let accepted = "accepted"
    static let idempotency = "idempotency"
    static let batches = "batches"
    static let files = "files"
    static let fileChunks = "file_chunks"
    static let uploads = "uploads"
    static let tenants = "tenants"
    static let apiKeys = "api_keys"
    static let webhookEndpoints = "webhook_endpoints"
    static let deliveries = "deliveries"
    static let pauses = "pauses"
    static let creations = "creations"

    /// Grows when documents change in a way that older programs misread.
    private static let version = 1

    /// Makes what is missing; any number of processes may do so at once.
    ///
    /// - Throws: `LedgerUnavailable` when the database is newer than this program.
    static func prepare(_ session: MongoSession) throws {
        try claimVersion(session)
        for (collection, definitions) in indexes { try session.createIndexes(definitions, on: collection) }
    }

    private static func claimVersion(_ session: MongoSession) throws {
        try session.insertNew(["_id": "version", "value": .integer(version)], into: "schema")
        let found = try session.first(["_id": "version"], in: "schema") { fields in try fields.int("value") }
        guard let found, found <= version else {
            throw LedgerUnavailable(
                "the MongoDB database was made by a newer version of Penstock, or its version cannot be read back"
            )
        }
    }

    private static let indexes: [(String, [BSONDocument])] = [
        (
            jobs,
            [
                index(
                    "by_line",
                    ["batch": 1, "line": 1, "state": 1, "output_bytes": 1],
                    where: ["batch": ["$exists": true]]
                ),
                index(
                    "by_tenant",
                    ["tenant": 1, "sort_key": -1, "state": 1],
                    where: ["sort_key": ["$exists": true]]
                ),
                index("webhook_due", ["webhook_due": 1, "finished_ms": 1], where: ["webhook_due": true]),
                index(
                    "quarantined",
                    ["tenant": 1, "quarantine_key": -1],
                    where: ["quarantine_key": ["$exists": true]]
                ),
            ]
        ),
        (
            attempts,
            [
                index("by_job", ["job": 1, "started_ms": 1]),
                index("by_tenant", ["tenant": 1, "started_ms": 1]),
                index("by_time", ["started_ms": 1]),
            ]
        ),
        (
            accepted,
            [
                index("by_job", ["job": 1]),
                index("by_pool", ["pool": 1, "job": 1, "created_ms": 1], where: ["pool": ["$exists": true]]),
            ]
        ),
        (
            batches,
            [
                index("by_tenant", ["tenant": 1, "sort_key": -1]),
                index("by_dialect", ["tenant": 1, "dialect": 1, "sort_key": -1]),
                index("unfinished", ["unfinished": 1, "sort_key": 1], where: ["unfinished": true]),
                index("webhook_due", ["webhook_due": 1, "ended_ms": 1], where: ["webhook_due": true]),
            ]
        ),
        (
            files,
            [
                index("by_tenant", ["tenant": 1, "sort_key": -1, "purpose": 1]),
                index("expiring", ["expires_ms": 1], where: ["expires_ms": ["$exists": true]]),
            ]
        ),
        (idempotency, [index("by_time", ["created_ms": 1])]),
        (uploads, [index("by_time", ["touched_ms": 1])]),
        (
            apiKeys,
            [index("by_hash", ["hash": 1], isUnique: true), index("by_tenant", ["tenant": 1, "created_ms": 1])]
        ),
        (
            creations,
            [
                index("by_content", ["content": 1, "claims": 1, "created_ms": 1]),
                index("by_time", ["created_ms": 1]),
            ]
        ),
        (webhookEndpoints, [index("by_tenant", ["tenant": 1, "sort_key": -1])]),
        (
            deliveries,
            [
                index("by_tenant", ["tenant": 1, "sort_key": -1], where: ["sort_key": ["$exists": true]]),
                index("due", ["state": 1, "due_ms": 1], where: ["state": "pending"]),
                index("by_destination", ["state": 1, "destination": 1, "due_ms": 1], where: ["state": "pending"]),
            ]
        ),
    ]

    private static func index(
        _ name: String,
        _ key: BSONDocument,
        isUnique: Bool = false,
        where condition: BSONDocument? = nil
    ) -> BSONDocument {
        [
            "key": .document(key), "name": .text(name), "unique": isUnique ? true : nil,
            "partialFilterExpression": condition.map { .document($0) },
        ]
    }
}
