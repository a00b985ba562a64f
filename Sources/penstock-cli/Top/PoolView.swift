import JSON

/// A pool as `GET /v1/admin/pools` shows it. What is missing or null is unknown, or no bound.
struct PoolView: Sendable, Equatable {
    let id: String
    var isConfigured = true
    /// Since when, by whom and why; nil while it is not paused.
    var pause: String?
    var waiting = 0
    var running = 0
    var delayed = 0
    /// Tenant and class pairs with waiting work.
    var flows = 0
    /// Jobs handed to workers since the pool began.
    var takenJobs: Int?
    /// Tokens of these.
    var takenTokens: Int?
    var targets: [TargetView] = []
    var groups: [LimitGroupView] = []
    var tenants: [TenantView] = []
}

/// One target of a pool.
struct TargetView: Sendable, Equatable {
    let id: String
    /// `available`, `blocked`, `probing`, `stopped` or `paused`.
    var state: String
    /// Unix seconds until or since which it is in its state.
    var until: Int?
    var since: Int?
    /// Why it was paused.
    var pauseReason: String?
    var running = 0
    var maxRunning: Int?
    /// Of recent successful calls, in milliseconds.
    var p10: Int?
    var p50: Int?
    var p95: Int?
}

/// One limit group of a pool.
struct LimitGroupView: Sendable, Equatable {
    struct Limit: Sendable, Equatable {
        var dimension: String
        var perMinute: Int?
        /// Whether the provider told of it.
        var isLearned = false
        /// What was used in the last minute, from 0 to about 1.
        var use: Double?
    }

    let id: String
    var running = 0
    var maxRunning: Int?
    var limits: [Limit] = []
}

/// One tenant's work of one class in a pool.
struct TenantView: Sendable, Equatable {
    /// Which tenant and class; unique in a pool.
    struct Flow: Sendable, Hashable {
        var tenant: String
        var jobClass: String
    }

    let flow: Flow
    var weight = 1
    var waiting = 0
    /// Of all its classes.
    var running = 0
    var servedTokens: Int?
    /// Why it does not take part now; nil when it does.
    var parked: String?

    /// Whether it competes for its share: it has waiting work and none of its own bounds holds it back.
    var takesPart: Bool { waiting > 0 && parked == nil }
}

extension PoolView {
    /// - Throws: `CLIError.unexpectedAnswer` when it is no pool.
    init(_ json: JSONValue) throws(CLIError) {
        id = try json.required("id")
        isConfigured = json["configured"]?.bool ?? true
        if json["paused"]?.bool == true {
            let facts = [
                TimeText.utc(json.int("paused_at")).map { "since \($0)" }, json.text("paused_by").map { "by \($0)" },
            ]
            pause = "paused " + facts.compactMap { $0 }.joined(separator: " ")
            if let reason = json.text("pause_reason") { pause? += ": \(reason)" }
        }
        waiting = json.int("waiting") ?? 0
        running = json.int("running") ?? 0
        delayed = json.int("delayed") ?? 0
        flows = json.int("flows") ?? 0
        takenJobs = json.int("taken_jobs")
        takenTokens = json.int("taken_tokens")
        for target in json.list("targets") { targets.append(try TargetView(target)) }
        for group in json.list("limit_groups") { groups.append(try LimitGroupView(group)) }
        for tenant in json.list("tenants") { tenants.append(try TenantView(tenant)) }
    }
}

extension TargetView {
    init(_ json: JSONValue) throws(CLIError) {
        id = try json.required("id")
        state = json.text("state") ?? "unknown"
        until = json.int("until")
        since = json.int("since")
        pauseReason = json.text("pause_reason")
        running = json.int("running") ?? 0
        maxRunning = json.int("max_running")
        let times = json.object("service_time_ms")
        p10 = times?.int("p10")
        p50 = times?.int("p50")
        p95 = times?.int("p95")
    }
}

extension LimitGroupView {
    init(_ json: JSONValue) throws(CLIError) {
        id = try json.required("id")
        running = json.int("running") ?? 0
        maxRunning = json.int("max_running")
        limits = json.list("limits").map { limit in
            Limit(
                dimension: limit.text("dimension") ?? "unknown",
                perMinute: limit.int("per_minute"),
                isLearned: limit["learned"]?.bool == true,
                use: limit["use"]?.double
            )
        }
    }
}

extension TenantView {
    init(_ json: JSONValue) throws(CLIError) {
        flow = Flow(tenant: try json.required("tenant"), jobClass: try json.required("class"))
        weight = json.int("weight") ?? 1
        waiting = json.int("waiting") ?? 0
        running = json.int("running") ?? 0
        servedTokens = json.int("served_tokens")
        parked = json.text("parked")
    }
}
