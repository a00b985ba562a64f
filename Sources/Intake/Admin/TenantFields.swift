import JSON
import Penstock

/// A tenant's settings as admins read and write them.
enum TenantFields {
    private struct Bound {
        let name: String
        let range: ClosedRange<Int64>
        let path: any WritableKeyPath<TenantPolicy, Int?> & Sendable
    }

    private static let bounds = [
        Bound(name: "max_running", range: 1...1_000_000, path: \.maxRunning),
        Bound(name: "requests_per_minute", range: 1...10_000_000, path: \.requestsPerMinute),
        Bound(name: "tokens_per_minute", range: 1...1_000_000_000_000, path: \.tokensPerMinute),
        Bound(name: "max_jobs", range: 1...1_000_000_000, path: \.caps.jobs),
        Bound(name: "max_bytes", range: 1...1_000_000_000_000, path: \.caps.bytes),
        Bound(name: "max_tokens", range: 1...1_000_000_000_000_000, path: \.caps.tokens),
    ]

    private static let retention = "retention_days"

    static let known = ["weight", "paused", retention] + bounds.map(\.name)

    /// Changes what is named and keeps the rest; null removes a bound.
    ///
    /// - Throws: 400.
    static func change(_ tenant: inout TenantRecord, _ fields: JSONFields) throws {
        if let weight = try fields.int("weight", in: 1...1000) { tenant.policy.weight = Int(weight) }
        if let isPaused = try fields.flag("paused") { tenant.policy.isPaused = isPaused }
        for bound in bounds where fields.object[bound.name] != nil {
            tenant.policy[keyPath: bound.path] = try fields.int(bound.name, in: bound.range).map(Int.init)
        }
        if fields.object[retention] != nil {
            tenant.retentionDays = try fields.int(retention, in: 1...36_500).map(Int.init)
        }
    }

    static func write(_ tenant: TenantRecord, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", tenant.id.text)
            writer.member("object", "tenant")
            writer.member("weight", tenant.policy.weight)
            for bound in bounds { writer.member(bound.name, tenant.policy[keyPath: bound.path]) }
            writer.member("paused", tenant.policy.isPaused)
            writer.member(retention, tenant.retentionDays)
            writer.member("created_at", tenant.createdAt.seconds)
        }
    }
}
