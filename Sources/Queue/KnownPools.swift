package import Penstock
package import Redis

/// The pools that a Redis knows, configured or not.
package enum KnownPools {
    /// - Throws: `QueueUnavailable`.
    package static func names(of client: RedisClient) async throws -> [PoolName] {
        let reply = try await translated { try await client.send("SMEMBERS", PoolKeys.knownPools) }
        return (reply.array ?? []).compactMap(\.string).sorted().map { PoolName($0) }
    }
}
