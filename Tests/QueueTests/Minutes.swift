import Penstock
import Redis
import Testing

@testable import Queue

/// `take` and `settle` with a clock that is only what the test says: for what takes minutes.
struct Minutes {
    var now: Int64
    private let fixture: Fixture
    private let takeScript: QueueScript
    private let settleScript: QueueScript

    init(_ fixture: Fixture) async throws {
        self.fixture = fixture
        now = Timestamp.present.milliseconds
        takeScript = try Self.freed(QueueScripts.take)
        settleScript = try Self.freed(QueueScripts.settle)
    }

    private static func freed(_ script: QueueScript) throws -> QueueScript {
        let parts = script.script.source.split(separator: "local now = read_clock()", omittingEmptySubsequences: false)
        try #require(parts.count == 2)
        let tick = try #require(PoolKeys.scriptNames.firstIndex(of: "TICK").flatMap { script.keys.firstIndex(of: $0) })
        let clock = "local now = tonumber(redis.call('HGET', KEYS[\(tick + 1)], 'test'))"
        let freed = RedisScript(name: script.script.name, source: parts[0] + clock + parts[1])
        return QueueScript(script: freed, keys: script.keys)
    }

    private func run(_ script: QueueScript, _ arguments: [any RedisArgument]) async throws -> RedisValue {
        _ = try await fixture.client.send("HSET", fixture.keys("tick"), "test", now)
        return try await fixture.queue.run(script, arguments)
    }

    /// Leases with their estimates, and how long to wait.
    func take(_ limit: Int) async throws -> ([(Lease, Int)], wait: Int?) {
        let tokens = (0..<limit).map { _ in IDGenerator.attempt().text }
        let reply = try ReplyReader(try await run(takeScript, ["worker-1", fixture.queue.program] + tokens))
        let wait = try reply.integer(0)
        let jobs = try reply.lists(from: 1).map { item in
            let lease = Lease(pool: fixture.pool.name, key: try item.text(0), token: AttemptID(try item.text(1)))
            return (lease, try item.queuedJob(at: 3).job.estimate.input)
        }
        return (jobs, wait < 0 ? nil : wait)
    }

    func settle(_ lease: Lease, _ tokens: Int) async throws { try await settle(lease, .used(tokens)) }

    /// - Parameter goesOn: whether the job goes back to its place at once.
    func settle(_ lease: Lease, _ settlement: Settlement, goesOn: Bool = false) async throws {
        let retry: (Duration, Bool)? = goesOn ? (.zero, false) : nil
        let arguments = SettlementCodec.arguments(lease, settlement, retry: retry)
        let isHeld = try await run(settleScript, arguments).string == "1"
        #expect(isHeld)
    }
}
