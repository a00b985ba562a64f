import Redis

/// The Lua library, one script per operation: a shebang, the parts it needs, and the operation itself.
///
/// Scripts are called by content hash, so versions live side by side in a rolling upgrade.
enum QueueScripts {
    static let enqueue = script("enqueue", [.fairness, .adding], PackageResources.enqueue_lua, worksWhenFull: false)
    static let admit = script(
        "admit",
        [.fairness, .limits, .adding, .admission],
        PackageResources.admit_lua,
        worksWhenFull: false
    )
    static let feed = script("feed", [.fairness, .admission], PackageResources.feed_lua, worksWhenFull: false)
    static let feedState = script("feed_state", [], PackageResources.feed_state_lua)
    static let forgetFeed = script("forget_feed", [], PackageResources.forget_feed_lua)
    static let take = script("take", [.fairness, .leases, .limits, .spooling], PackageResources.take_lua)
    static let held = script("held", [.fairness, .leases], PackageResources.held_lua)
    static let renew = script("renew", [.fairness, .leases], PackageResources.renew_lua)
    static let settle = script("settle", [.fairness, .leases, .feedback, .spooling], PackageResources.settle_lua)
    static let remove = script("remove", [.fairness], PackageResources.remove_lua)
    static let overdue = script("overdue", [.fairness], PackageResources.overdue_lua)
    static let orphans = script("orphans", [.fairness, .leases], PackageResources.orphans_lua)
    static let requeue = script("requeue", [.fairness, .leases, .spooling], PackageResources.requeue_lua)
    static let tick = script("tick", [.fairness, .leases, .learning, .sweeping, .spooling], PackageResources.tick_lua)
    static let explain = script("explain", [.fairness, .leases, .limits, .spooling], PackageResources.explain_lua)
    static let spool = script("spool", [.fairness, .leases, .spooling], PackageResources.spool_lua)
    static let spooled = script("spooled", [], PackageResources.spooled_lua)
    static let unspool = script("unspool", [.fairness], PackageResources.unspool_lua)
    static let policy = script("policy", [.fairness], PackageResources.policy_lua)
    static let live = script("live", [.fairness, .leases], PackageResources.live_lua)
    static let batch = script("batch", [.fairness], PackageResources.batch_lua)
    static let jobs = script("jobs", [.fairness], PackageResources.jobs_lua)
    static let pauseBatch = script("pause_batch", [.fairness], PackageResources.pause_batch_lua)
    static let change = script("change", [.fairness], PackageResources.change_lua)
    static let control = script("control", [], PackageResources.control_lua)
    static let resume = script("resume", [], PackageResources.resume_lua)
    static let overview = script("overview", [.fairness, .leases, .limits], PackageResources.overview_lua)
    static let experience = script("experience", [], PackageResources.experience_lua)

    /// What scripts share, beyond `common`, in the order in which they stand.
    private enum Part: CaseIterable {
        case fairness, leases, limits, adding, admission, feedback, learning, sweeping, spooling

        var source: [UInt8] {
            switch self {
            case .fairness: PackageResources.fairness_lua
            case .leases: PackageResources.leases_lua
            case .limits: PackageResources.limits_lua
            case .adding: PackageResources.adding_lua
            case .admission: PackageResources.admission_lua
            case .feedback: PackageResources.feedback_lua
            case .learning: PackageResources.learning_lua
            case .sweeping: PackageResources.sweeping_lua
            case .spooling: PackageResources.spooling_lua
            }
        }
    }

    /// - Parameter worksWhenFull: whether a Redis at `maxmemory` still runs it, so that it drains.
    private static func script(
        _ name: String,
        _ parts: [Part],
        _ source: [UInt8],
        worksWhenFull: Bool = true
    ) -> RedisScript {
        let sources = [PackageResources.common_lua] + parts.map(\.source) + [source]
        let body = sources.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
        return RedisScript(name: name, source: "#!lua\(worksWhenFull ? " flags=allow-oom" : "")\n\(body)")
    }
}
