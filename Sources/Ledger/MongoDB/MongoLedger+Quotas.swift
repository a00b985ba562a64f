import Mongo
package import Penstock

extension MongoLedger {
    package func uploads(of tenant: TenantID) async throws -> FileHoldings {
        try await run { session in
            try session.aggregate(
                [
                    ["$match": ["tenant": .text(tenant.text), "batch": ["$exists": false]]],
                    ["$group": ["_id": .null, "files": ["$sum": 1], "bytes": ["$sum": "$bytes"]]],
                ],
                in: MongoSchema.files
            ) { fields in
                // Some servers answer a group of nothing, which has no sum.
                FileHoldings(count: try fields.int("files"), bytes: try fields.optionalInteger("bytes") ?? 0)
            }.first ?? FileHoldings(count: 0, bytes: 0)
        }
    }

    package func openBatches(of tenant: TenantID) async throws -> Int {
        try await run { session in
            try session.aggregate(
                [
                    ["$match": ["unfinished": true, "tenant": .text(tenant.text)]],
                    ["$group": ["_id": .null, "batches": ["$sum": 1]]],
                ],
                in: MongoSchema.batches
            ) { fields in try fields.int("batches") }.first ?? 0
        }
    }

    package func idempotencyKeys(of tenant: TenantID, upTo limit: Int) async throws -> Int {
        try await run { session in
            try session.aggregate(
                [
                    ["$match": ["_id": Self.keys(of: tenant)]], ["$limit": .integer(limit)],
                    ["$group": ["_id": .null, "keys": ["$sum": 1]]],
                ],
                in: MongoSchema.idempotency
            ) { fields in try fields.int("keys") }.first ?? 0
        }
    }

    /// The server's disk is not ours to see.
    package func disk() async throws -> DiskSpace? { nil }
}
