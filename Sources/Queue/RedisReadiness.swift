import Penstock
package import Redis

/// Whether a Redis takes work. One that answers a PING may refuse every write: what tells is a write.
package enum RedisReadiness: Sendable, Equatable {
    case ready
    /// It answers, and takes nothing.
    case refuses(String)
    case away(String)

    /// Fades by itself; read by nobody.
    private static let key = PoolKeys.layout + "ready"
    private static let life = Duration.seconds(10)

    /// Writes a few bytes, as whoever adds work does: full memory, a demotion, a failed save and loading all show.
    package static func of(_ client: RedisClient, timeout: Duration = .seconds(2)) async -> RedisReadiness {
        do {
            _ = try await client.send("SET", key, "1", "PX", life.wholeMilliseconds, timeout: timeout)
            return .ready
        } catch {
            return of(error)
        }
    }

    /// What a failed write tells.
    static func of(_ error: RedisError) -> RedisReadiness {
        guard let refusal = error.serverError else { return .away(error.description) }
        if let words = words(for: refusal.prefix) { return .refuses(words) }
        return error.code == .server ? .refuses("Redis refuses writes (\(refusal.prefix))") : .away(error.description)
    }

    private static func words(for prefix: String) -> String? {
        switch prefix {
        case "READONLY": "Redis is a read-only replica (READONLY)"
        case "OOM": "Redis has no memory left (OOM)"
        case "MISCONF": "Redis cannot save its data and takes none (MISCONF)"
        case "LOADING": "Redis is loading its data (LOADING)"
        case "NOREPLICAS": "Redis has too few replicas (NOREPLICAS)"
        case "BUSY": "Redis is busy with a script (BUSY)"
        case "NOPERM": "Redis does not let this user write penstock:* (NOPERM)"
        default: nil
        }
    }
}
