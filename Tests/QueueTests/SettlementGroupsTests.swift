import Penstock
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Queue

/// Counts calls of a script, the first of which takes so long that all others wait behind it.
private final class Calls: Sendable {
    private let begun = Mutex(0)

    var count: Int { begun.withLock { $0 } }

    func begin() async throws {
        let isFirst = begun.withLock { begun in
            begun += 1
            return begun == 1
        }
        if isFirst { try await Task.sleep(for: .milliseconds(500)) }
    }
}

/// Calls that end at one moment are settled together, and nobody pays for another's fault.
@Suite(.timeLimit(.minutes(1)))
struct SettlementGroupsTests {
    @Test func callsThatEndTogetherAreSettledByFewScripts() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(60))
            let taken = try await fixture.take(60)
            let scripts = Calls()
            let groups = SettlementGroups { arguments in
                try await scripts.begin()
                return try await fixture.queue.run(QueueScripts.settle, arguments)
            }
            let held = try await withThrowingTaskGroup(of: Bool.self) { group in
                for each in taken {
                    let arguments = SettlementCodec.arguments(each.lease, .asEstimated, retry: nil)
                    group.addTask { try await groups.settle(arguments) }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(held == 60)
            // At best one and then four groups of at most sixteen.
            #expect(scripts.count <= 10)
            #expect(try await fixture.queue.tick() == PoolSnapshot(waiting: 0, running: 0, delayed: 0, tenants: 0))
            #expect(try await Audit(fixture).problems.isEmpty)
        }
    }

    @Test func aLeaseThatCannotBeReadFailsAlone() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(9))
            let taken = try await fixture.take(9)
            _ = try await fixture.client.send("HSET", fixture.keys("leases"), taken[4].lease.key, "broken")
            let answers = await withTaskGroup(of: (Int, Bool).self) { group in
                for (place, each) in taken.enumerated() {
                    group.addTask { (place, (try? await fixture.queue.settle(each.lease, .asEstimated)) ?? false) }
                }
                return await group.reduce(into: [Int: Bool]()) { $0[$1.0] = $1.1 }
            }
            #expect(answers.filter { !$0.value }.map(\.key) == [4])
            #expect(try await fixture.client.send("HLEN", fixture.keys("jobs")).int64 == 1)
        }
    }

    @Test func whatIsWrongWithOneIsNotToldToWhoWaitsBehindIt() async throws {
        let sent = Calls()
        let groups = SettlementGroups { arguments in
            try await sent.begin()
            let keys = arguments.map { "\($0)" }
            guard !keys.contains("bad") else {
                throw RedisError(.server, "bad", serverError: RedisServerError(prefix: "ERR", message: "bad"))
            }
            return .string(Array(repeating: UInt8(ascii: "1"), count: keys.count))
        }
        let bad = Task { try await groups.settle(["bad"]) }
        try await eventually { sent.count == 1 ? true : nil }
        let good = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 { group.addTask { try await groups.settle(["good"]) } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(good == 40)
        await #expect(throws: RedisError.self) { _ = try await bad.value }
    }

    /// The jobs that go on are read before anything is written: else those before it would be half ended.
    @Test func aJobThatCannotBeReadSpoilsNoOtherCount() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(3))
            let taken = try await fixture.take(3)
            let damaged = taken[2]
            let record = try await fixture.client.send("HGET", fixture.keys("jobs"), damaged.job.id.text)
            _ = try await fixture.client.send("HSET", fixture.keys("jobs"), damaged.job.id.text, "broken")
            let done = taken.prefix(2).flatMap { SettlementCodec.arguments($0.lease, .asEstimated, retry: nil) }
            let retry = SettlementCodec.arguments(damaged.lease, .asEstimated, retry: (.zero, true))
            await #expect(throws: QueueUnavailable.self) {
                _ = try await fixture.queue.run(QueueScripts.settle, done + retry)
            }
            let bytes = try #require(record.bytes)
            _ = try await fixture.client.send("HSET", fixture.keys("jobs"), damaged.job.id.text, bytes)
            #expect(try await fixture.queue.run(QueueScripts.settle, done + retry).string == "111")
            #expect(try await fixture.queue.tick() == PoolSnapshot(waiting: 1, running: 0, delayed: 0, tenants: 1))
            #expect(try await Audit(fixture).problems.isEmpty)
        }
    }

    @Test func aDelayedJobThatCannotBeReadStopsNoOther() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(2))
            let taken = try await fixture.take(2)
            for each in taken {
                _ = try await fixture.queue.retry(
                    each.lease,
                    .asEstimated,
                    after: .milliseconds(1),
                    countsAttempt: false
                )
            }
            _ = try await fixture.client.send("HSET", fixture.keys("jobs"), taken[0].job.id.text, "broken")
            try await eventually { try await fixture.queue.tick().waiting == 1 ? true : nil }
            #expect(try await fixture.takeOne().job.id == taken[1].job.id)
        }
    }

    @Test func whoWaitsIsNotSentWhileRedisDoesNotAnswer() async throws {
        let calls = Mutex(0)
        let groups = SettlementGroups { _ in
            calls.withLock { $0 += 1 }
            try await Task.sleep(for: .milliseconds(300))
            throw RedisError(.timeout, "no answer")
        }
        let failures = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    do { return try await groups.settle(["key"]) } catch { return true }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures == 100)
        #expect(calls.withLock { $0 } <= 5)
    }
}
