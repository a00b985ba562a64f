import Glibc
import Logging
import Penstock
import Redis
import TestSupport
import Testing

@testable import Queue

/// A pool's queue in a Redis of its own.
struct Fixture: Sendable {
    let server: RedisServer
    let client: RedisClient
    let pool: Pool
    let queue: RedisJobQueue
    let epoch: PoolEpoch
    let worker = ConsumerName("worker-1")

    static func run(
        _ pool: Pool = .test(),
        lease: Duration = .seconds(30),
        arguments: [String] = [],
        _ body: (Fixture) async throws -> Void
    ) async throws {
        try await RedisServer.with(arguments: arguments) { server in
            let client = try RedisClient(configuration: RedisConfiguration(url: server.url), logger: .quiet)
            let queue = RedisJobQueue(pool: pool, client: client, lease: lease)
            do {
                let epoch = try await queue.epoch()
                try await body(Fixture(server: server, client: client, pool: pool, queue: queue, epoch: epoch))
            } catch {
                queue.close()
                await client.shutdown()
                throw error
            }
            queue.close()
            await client.shutdown()
        }
    }

    /// The same keys seen by a process with another lease.
    func queue(lease: Duration) -> RedisJobQueue { RedisJobQueue(pool: pool, client: client, lease: lease) }

    func job(
        _ tenant: String = "acme",
        _ jobClass: JobClass = .standard,
        deadlineIn: Duration = .seconds(3600),
        tokens: Int = 100,
        durability: Durability = .redis
    ) -> Job {
        let now = Timestamp.present
        return Job(
            id: IDGenerator.job(epoch: epoch, at: now),
            tenant: TenantID(trusted: tenant),
            jobClass: jobClass,
            deadline: now.adding(deadlineIn),
            createdAt: now,
            endpoint: .chatCompletions,
            model: "gpt-small",
            estimate: TokenEstimate(input: tokens, output: 0),
            durability: durability,
            body: .inline(Array(#"{"model":"gpt-small"}"#.utf8))
        )
    }

    func jobs(
        _ count: Int,
        _ tenant: String = "acme",
        _ jobClass: JobClass = .standard,
        tokens: Int = 100
    ) -> [Job] {
        (0..<count).map { _ in job(tenant, jobClass, tokens: tokens) }
    }

    func lines(_ numbers: ClosedRange<Int>, of batch: BatchID, tenant: String = "acme") -> [Job] {
        numbers.map { number in
            var job = job(tenant, .batch, durability: .ledger)
            job.id = JobID(batch: batch, line: number)
            job.line = BatchLine(batch: batch, number: number, customID: "c-\(number)")
            return job
        }
    }

    func enqueue(_ jobs: [Job]) async throws {
        for start in stride(from: 0, to: jobs.count, by: 200) {
            try await queue.enqueue(Array(jobs[start..<min(start + 200, jobs.count)]))
        }
    }

    /// Takes until there are `limit` or no more: one call gives a few.
    func take(_ limit: Int) async throws -> [TakenJob] {
        var taken: [TakenJob] = []
        while taken.count < limit {
            let more = try await queue.take(limit - taken.count, for: worker).jobs
            if more.isEmpty { break }
            taken += more
        }
        return taken
    }

    func takeOne(sourceLocation: SourceLocation = #_sourceLocation) async throws -> TakenJob {
        try #require(try await take(1).first, "nothing to take", sourceLocation: sourceLocation)
    }

    /// Takes and settles one job after the other, as estimated.
    func serve(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws -> [Job] {
        var served: [Job] = []
        for _ in 0..<count {
            let taken = try await takeOne(sourceLocation: sourceLocation)
            _ = try await queue.settle(taken.lease, .asEstimated)
            served.append(taken.job)
        }
        return served
    }

    /// Makes a delayed job due, as if the time had passed.
    func makeDue(_ job: JobID) async throws {
        _ = try await client.send("ZADD", keys("delayed"), "XX", 0, job.text)
    }

    /// Lets leases look as if nobody had renewed them for long, and ends the grace that a pool's first tick gives.
    func silence(_ leases: [Lease]) async throws {
        _ = try await queue.tick()
        _ = try await client.send("HDEL", keys("tick"), "grace")
        for lease in leases {
            let idle: [any RedisArgument] = [lease.key, "IDLE", 3_600_000, "JUSTID"]
            let claim: [any RedisArgument] = [keys("ready"), "workers", worker.text, 0] + idle
            _ = try await client.send(RedisCommand("XCLAIM", arguments: claim))
        }
    }

    func keys(_ name: String) -> String { "penstock:5:{\(pool.name)}:\(name)" }
}

extension Settlement {
    static let asEstimated = Settlement(usage: nil, mayHaveBeenSent: true, chargesTenant: true)
    /// A job that was not called.
    static let unused = Settlement(usage: nil, mayHaveBeenSent: false, chargesTenant: false)

    static func used(_ tokens: Int) -> Settlement {
        Settlement(usage: Usage(input: tokens, output: 0), mayHaveBeenSent: true, chargesTenant: true)
    }
}

extension Pool {
    static func test(
        targets: [Target] = [.test("t1")],
        groups: [LimitGroup] = [],
        weights: [JobClass: Int] = Pool.defaultClassWeights
    ) -> Pool {
        Pool(name: PoolName("p"), targets: targets, limitGroups: groups, classWeights: weights)
    }

    /// One target under one limit.
    static func limited(_ group: LimitGroup) -> Pool {
        .test(targets: [.test("t1", groups: [group.name])], groups: [group])
    }
}

extension Target {
    static func test(_ name: String, cap: Int? = nil, groups: [String] = []) -> Target {
        Target(
            name: name,
            provider: "test",
            baseURL: "http://127.0.0.1:1/v1",
            apiKey: nil,
            model: nil,
            limitGroups: groups,
            maxConcurrency: cap,
            timeout: .seconds(10),
            price: nil
        )
    }
}

extension Timestamp {
    static var present: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

extension Logger {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// Asks again until the answer is there; the test's time limit bounds it.
@discardableResult
func eventually<Value>(_ ask: () async throws -> Value?) async throws -> Value {
    while true {
        if let value = try await ask() { return value }
        try await Task.sleep(for: .milliseconds(10))
    }
}
