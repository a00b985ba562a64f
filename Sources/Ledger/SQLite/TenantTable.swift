import GRDB
import Penstock

/// The table `tenants`.
enum TenantTable {
    static let name = "tenants"

    private static let columns = Columns([
        .text("id"), .integer("weight"), .integer("max_running"), .integer("requests_per_minute"),
        .integer("tokens_per_minute"), .integer("max_jobs"), .integer("max_bytes"), .integer("max_tokens"),
        .integer("is_paused"), .integer("retention_days"), .integer("created_ms"),
    ])

    static let select = "SELECT \(columns.names) FROM tenants"
    static let put =
        columns.insert(into: name)
        + " ON CONFLICT (id) DO UPDATE SET \(columns.update(besides: ["id", "created_ms"]))"

    static func values(of tenant: TenantRecord) -> [DatabaseValue] {
        let policy = tenant.policy
        return [
            .text(tenant.id.text), .integer(policy.weight), .integer(policy.maxRunning),
            .integer(policy.requestsPerMinute), .integer(policy.tokensPerMinute), .integer(policy.caps.jobs),
            .integer(policy.caps.bytes), .integer(policy.caps.tokens), .integer(policy.isPaused ? 1 : 0),
            .integer(tenant.retentionDays), .time(tenant.createdAt),
        ]
    }

    static func read(_ row: inout ColumnReader) throws -> TenantRecord {
        let id = TenantID(trusted: try row.text())
        var policy = TenantPolicy(weight: try row.int())
        policy.maxRunning = try row.optionalInt()
        policy.requestsPerMinute = try row.optionalInt()
        policy.tokensPerMinute = try row.optionalInt()
        policy.caps.jobs = try row.optionalInt()
        policy.caps.bytes = try row.optionalInt()
        policy.caps.tokens = try row.optionalInt()
        policy.isPaused = try row.int() != 0
        let retentionDays = try row.optionalInt()
        return TenantRecord(id: id, policy: policy, retentionDays: retentionDays, createdAt: try row.time())
    }
}
