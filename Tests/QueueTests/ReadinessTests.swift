import Redis
import TestSupport
import Testing

@testable import Queue

/// A Redis that answers every PING and takes nothing.
@Suite(.timeLimit(.minutes(1)))
struct ReadinessTests {
    private func state(_ fixture: Fixture) async -> RedisReadiness { await RedisReadiness.of(fixture.client) }

    /// A demotion ends the client's connection, so it may take a few tries until the next one answers.
    private func awaits(_ fixture: Fixture, _ isRight: (RedisReadiness) -> Bool) async throws {
        while true {
            if isRight(await state(fixture)) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func aReplicaIsNotReadyUntilItIsPrimaryAgain() async throws {
        try await Fixture.run { fixture in
            #expect(await state(fixture) == .ready)
            _ = try await fixture.client.send("REPLICAOF", "127.0.0.1", "1")
            try await awaits(fixture) { $0 == .refuses("Redis is a read-only replica (READONLY)") }
            _ = try await fixture.client.send("REPLICAOF", "NO", "ONE")
            try await awaits(fixture) { $0 == .ready }
        }
    }

    @Test func fullMemoryIsNotReadyUntilThereIsRoom() async throws {
        try await Fixture.run { fixture in
            _ = try await fixture.client.send("CONFIG", "SET", "maxmemory-policy", "noeviction")
            _ = try await fixture.client.send("CONFIG", "SET", "maxmemory", "100kb")
            #expect(await state(fixture) == .refuses("Redis has no memory left (OOM)"))
            _ = try await fixture.client.send("CONFIG", "SET", "maxmemory", "0")
            #expect(await state(fixture) == .ready)
        }
    }

    @Test func aRedisThatIsGoneIsAway() async throws {
        try await Fixture.run { fixture in
            try await fixture.server.kill()
            guard case .away = await state(fixture) else { Issue.record("not away"); return }
            try await fixture.server.restart()
            try await awaits(fixture) { $0 == .ready }
        }
    }

    @Test(arguments: ["LOADING", "MISCONF", "NOREPLICAS", "SOMETHING"])
    func everyRefusalNamesItsCode(_ prefix: String) {
        let refusal = RedisServerError(prefix: prefix, message: "details that may quote")
        let error = RedisError(.server, refusal.description, serverError: refusal)
        guard case .refuses(let reason) = RedisReadiness.of(error) else { Issue.record("not refused"); return }
        #expect(reason.contains(prefix) && !reason.contains("details"))
    }

    @Test func aLoadingRedisIsNotJudged() {
        #expect(RedisRequirements.problems(inInfo: "redis_version:7.0.15\r\nloading:1\r\naof_enabled:0\r\n") == nil)
        let loaded = "redis_version:7.0.15\r\nloading:0\r\naof_enabled:1\r\nmaxmemory_policy:noeviction\r\n"
        #expect(RedisRequirements.problems(inInfo: loaded) == [])
        #expect(RedisRequirements.problems(inInfo: "redis_version:7.0.15\r\nloading:0\r\naof_enabled:0")?.count == 1)
    }
}
