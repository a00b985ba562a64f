import Redis

/// A script of the Lua library and the keys that it is called with.
struct QueueScript: Sendable {
    let script: RedisScript
    /// Places in `PoolKeys.all`, or in `FleetKeys.all`.
    let keys: [Int]

    init(script: RedisScript, keys: [Int]) {
        self.script = script
        self.keys = keys
    }

    /// - Parameters:
    ///   - linked: what `ScriptLinker` made.
    ///   - worksWhenFull: whether a Redis at `maxmemory` still runs it, so that it drains.
    init(name: String, linked: (source: String, keys: [Int]), worksWhenFull: Bool) {
        let head = "#!lua\(worksWhenFull ? " flags=allow-oom" : "")\n"
        script = RedisScript(name: name, source: head + linked.source)
        keys = linked.keys
    }
}

/// The Lua library, one script per operation: a shebang, the pieces of the library that it needs, and the operation
/// itself.
///
/// Scripts are called by content hash, so versions live side by side in a rolling upgrade.
enum QueueScripts {
    static let enqueue = script("enqueue", PackageResources.enqueue_lua, worksWhenFull: false)
    static let admit = script("admit", PackageResources.admit_lua, worksWhenFull: false)
    static let feed = script("feed", PackageResources.feed_lua, worksWhenFull: false)
    static let feedState = script("feed_state", PackageResources.feed_state_lua)
    static let forgetFeed = script("forget_feed", PackageResources.forget_feed_lua)
    static let take = script("take", PackageResources.take_lua)
    static let held = script("held", PackageResources.held_lua)
    static let renew = script("renew", PackageResources.renew_lua)
    static let settle = script("settle", PackageResources.settle_lua)
    static let remove = script("remove", PackageResources.remove_lua)
    static let overdue = script("overdue", PackageResources.overdue_lua)
    static let orphans = script("orphans", PackageResources.orphans_lua)
    static let requeue = script("requeue", PackageResources.requeue_lua)
    static let tick = script("tick", PackageResources.tick_lua)
    static let explain = script("explain", PackageResources.explain_lua)
    static let spool = script("spool", PackageResources.spool_lua)
    static let spooled = script("spooled", PackageResources.spooled_lua)
    static let unspool = script("unspool", PackageResources.unspool_lua)
    static let policy = script("policy", PackageResources.policy_lua)
    static let live = script("live", PackageResources.live_lua)
    static let batch = script("batch", PackageResources.batch_lua)
    static let jobs = script("jobs", PackageResources.jobs_lua)
    static let pauseBatch = script("pause_batch", PackageResources.pause_batch_lua)
    static let change = script("change", PackageResources.change_lua)
    static let control = script("control", PackageResources.control_lua)
    static let resume = script("resume", PackageResources.resume_lua)
    static let overview = script("overview", PackageResources.overview_lua)
    static let load = script("load", PackageResources.load_lua)
    static let experience = script("experience", PackageResources.experience_lua)

    private static let linker = ScriptLinker(
        library: [
            PackageResources.common_lua, PackageResources.records_lua, PackageResources.backlog_lua,
            PackageResources.fairness_lua, PackageResources.limits_lua, PackageResources.leases_lua,
            PackageResources.spooling_lua, PackageResources.adding_lua, PackageResources.admission_lua,
            PackageResources.feedback_lua, PackageResources.samples_lua, PackageResources.learning_lua,
            PackageResources.sweeping_lua, PackageResources.view_lua,
        ],
        keyNames: PoolKeys.scriptNames
    )

    private static func script(_ name: String, _ operation: [UInt8], worksWhenFull: Bool = true) -> QueueScript {
        QueueScript(name: name, linked: linker.link(operation), worksWhenFull: worksWhenFull)
    }
}
