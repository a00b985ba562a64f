import Penstock
package import Redis

/// What the queue needs of a Redis server, read through `INFO`: `CONFIG` is blocked on managed ones.
package enum RedisRequirements {
    /// - Returns: one sentence per thing that is wrong, empty when jobs are safe there; nil while it loads its data, as
    ///   what it says of itself does not hold yet.
    /// - Throws: `QueueUnavailable`.
    package static func problems(of client: RedisClient) async throws -> [String]? {
        let reply = try await translated { try await client.send("INFO") }
        return problems(inInfo: reply.string ?? "")
    }

    /// The same for the text of an `INFO` reply.
    package static func problems(inInfo info: String) -> [String]? {
        var fields: [Substring: Substring] = [:]
        for line in info.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[parts[0]] = parts[1] }
        }
        guard fields["loading"] != "1" else { return nil }
        var problems: [String] = []
        if fields["aof_enabled"] != "1" {
            problems.append("Redis runs without an append-only file (appendonly yes): a restart would lose jobs.")
        }
        if let policy = fields["maxmemory_policy"], policy != "noeviction" {
            problems.append("Redis may evict keys (maxmemory-policy \(policy)): it must be noeviction.")
        }
        if let version = fields["redis_version"], !isAtLeastSeven(version) {
            problems.append("Redis \(version) is too old: 7.0 or later is needed.")
        }
        return problems
    }

    private static func isAtLeastSeven(_ version: Substring) -> Bool {
        (version.split(separator: ".").first.flatMap { Int($0) } ?? 0) >= 7
    }
}
