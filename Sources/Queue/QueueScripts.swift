import Redis

/// The Lua library, one script per operation: a shebang, what all share, and the operation itself.
///
/// Scripts are called by content hash, so versions live side by side in a rolling upgrade.
enum QueueScripts {
    static let enqueue = script("enqueue", PackageResources.enqueue_lua, worksWhenFull: false)
    static let feed = script("feed", PackageResources.feed_lua, worksWhenFull: false)
    static let take = script("take", PackageResources.take_lua, needsLimits: true)
    static let renew = script("renew", PackageResources.renew_lua)
    static let settle = script("settle", PackageResources.settle_lua)
    static let remove = script("remove", PackageResources.remove_lua)
    static let overdue = script("overdue", PackageResources.overdue_lua)
    static let orphans = script("orphans", PackageResources.orphans_lua)
    static let requeue = script("requeue", PackageResources.requeue_lua)
    static let tick = script("tick", PackageResources.tick_lua)
    static let explain = script("explain", PackageResources.explain_lua, needsLimits: true)
    static let policy = script("policy", PackageResources.policy_lua)
    static let live = script("live", PackageResources.live_lua)
    static let batch = script("batch", PackageResources.batch_lua)

    /// - Parameter worksWhenFull: whether a Redis at `maxmemory` still runs it, so that it drains.
    private static func script(
        _ name: String,
        _ source: [UInt8],
        needsLimits: Bool = false,
        worksWhenFull: Bool = true
    ) -> RedisScript {
        let parts = [PackageResources.common_lua] + (needsLimits ? [PackageResources.limits_lua] : []) + [source]
        let body = parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
        return RedisScript(name: name, source: "#!lua\(worksWhenFull ? " flags=allow-oom" : "")\n\(body)")
    }
}
