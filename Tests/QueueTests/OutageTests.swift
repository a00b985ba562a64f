import Penstock
import Redis
import TestSupport
import Testing

@testable import Queue

@Suite(.timeLimit(.minutes(1)))
struct OutageTests {
    @Test func aFullRedisRefusesWorkAndDrains() async throws {
        try await Fixture.run { fixture in
            let info = try #require(try await fixture.client.send("INFO", "memory").string)
            let used = try #require(info.split(separator: "\r\n").first { $0.hasPrefix("used_memory:") })
            let bytes = try #require(Int(used.dropFirst(12)))
            _ = try await fixture.client.send("CONFIG", "SET", "maxmemory", bytes + (3 << 20))
            _ = try await fixture.client.send("CONFIG", "SET", "maxmemory-policy", "noeviction")

            var accepted = 0
            await #expect(throws: QueueFull.self) {
                while accepted < 2000 {
                    var job = fixture.job()
                    job.body = .inline([UInt8](repeating: 0x20, count: 16 << 10))
                    try await fixture.queue.enqueue([job])
                    accepted += 1
                }
            }
            #expect(accepted > 20)
            await #expect(throws: QueueFull.self) {
                let batch = BatchID("batch_x")
                var lines = fixture.lines(1...40, of: batch)
                // Large enough that what other clients' buffers give back makes no room for it.
                for index in lines.indices { lines[index].body = .inline([UInt8](repeating: 0x20, count: 16 << 10)) }
                _ = try await fixture.queue.feed(batch, lines: lines, from: nil, to: .end)
            }
            #expect(try await fixture.queue.epoch() == fixture.epoch)
            try await fixture.queue.setPolicy(TenantPolicy(weight: 2), for: TenantID(trusted: "acme"))

            let first = try await fixture.takeOne()
            #expect(try await fixture.queue.renew([first.lease], for: fixture.worker).isEmpty)
            _ = try await fixture.queue.retry(first.lease, .asEstimated, after: .zero, countsAttempt: true)
            let served = try await fixture.serve(accepted)
            #expect(Set(served.map(\.id)).count == accepted)
            #expect(try await fixture.queue.tick() == PoolSnapshot(waiting: 0, running: 0, delayed: 0, tenants: 0))
            try await fixture.enqueue([fixture.job()])
        }
    }

    @Test func everythingIsStillThereAfterAKill() async throws {
        try await Fixture.run(arguments: ["--appendonly", "yes", "--appendfsync", "always"]) { fixture in
            let batch = BatchID("batch_x")
            try await fixture.enqueue(fixture.jobs(40))
            _ = try await fixture.queue.feed(batch, lines: fixture.lines(1...10, of: batch), from: nil, to: .end)
            let taken = try await fixture.take(12)
            _ = try await fixture.queue.settle(taken[0].lease, .asEstimated)
            _ = try await fixture.queue.retry(taken[1].lease, .asEstimated, after: .seconds(60), countsAttempt: true)
            let before = try await Audit(fixture)
            #expect(before.problems.isEmpty, "\(before.problems)")

            try await fixture.server.kill()
            try await fixture.server.restart()

            let after = try await eventually { try? await Audit(fixture) }
            #expect(after == before)
            #expect(try await fixture.queue.epoch() == fixture.epoch)
            #expect(try await fixture.queue.feedState(of: batch)?.cursor == .end)
            let held = taken.dropFirst(2).map(\.lease)
            #expect(try await fixture.queue.renew(held, for: fixture.worker).isEmpty)
            for lease in held { #expect(try await fixture.queue.settle(lease, .asEstimated)) }
            #expect(try await fixture.serve(38).count == 38)
            #expect(try await fixture.queue.tick() == PoolSnapshot(waiting: 0, running: 0, delayed: 1, tenants: 0))
        }
    }

    @Test func anUnreachableRedisIsSaidToBe() async throws {
        try await Fixture.run { fixture in
            var configuration = try RedisConfiguration(url: fixture.server.url)
            configuration.commandTimeout = .milliseconds(200)
            let client = try RedisClient(configuration: configuration, logger: .quiet)
            let queue = RedisJobQueue(pool: fixture.pool, client: client, lease: .seconds(10))
            fixture.server.pause()
            await #expect(throws: QueueUnavailable.self) { try await queue.enqueue([fixture.job()]) }
            await #expect(throws: QueueUnavailable.self) { _ = try await queue.take(1, for: fixture.worker) }
            fixture.server.resume()
            await client.shutdown()
        }
    }

    @Test func requirementsAreReadFromInfo() async throws {
        try await Fixture.run(arguments: ["--maxmemory-policy", "allkeys-lru"]) { fixture in
            let problems = try #require(try await RedisRequirements.problems(of: fixture.client))
            #expect(problems.count == 2)
            #expect(problems.contains { $0.contains("appendonly yes") })
            #expect(problems.contains { $0.contains("allkeys-lru") })
        }
        let old = "redis_version:6.2.1\r\naof_enabled:1\r\nmaxmemory_policy:noeviction\r\n"
        #expect(RedisRequirements.problems(inInfo: old)?.count == 1)
        let good = "redis_version:7.0.15\r\naof_enabled:1\r\nmaxmemory_policy:noeviction\r\n"
        #expect(RedisRequirements.problems(inInfo: good) == [])
    }
}

@Suite(.timeLimit(.minutes(1)))
struct WakeUpTests {
    @Test func theDoorbellWakesAWaiter() async throws {
        try await Fixture.run { fixture in
            async let waiting: Void = fixture.queue.waitForWork(timeout: .seconds(50))
            try await eventually {
                let info = try await fixture.client.send("INFO", "clients").string ?? ""
                return info.contains("blocked_clients:1") ? true : nil
            }
            let start = ContinuousClock.now
            try await fixture.enqueue([fixture.job()])
            try await waiting
            #expect(ContinuousClock.now - start < .seconds(20))
            #expect(try await fixture.take(1).count == 1)
        }
    }

    @Test func settlingRingsForWhoWaitsForASlot() async throws {
        try await Fixture.run(.test(targets: [.test("t1", cap: 1)])) { fixture in
            try await fixture.enqueue(fixture.jobs(2))
            let taken = try await fixture.take(2)
            #expect(taken.count == 1)
            try await fixture.queue.waitForWork(timeout: .milliseconds(50))  // The enqueue's bell.
            _ = try await fixture.queue.settle(taken[0].lease, .asEstimated)
            try await fixture.queue.waitForWork(timeout: .seconds(50))
            #expect(try await fixture.take(2).count == 1)
        }
    }

    @Test func waitingEndsAtItsTimeoutAndWhenCancelled() async throws {
        try await Fixture.run { fixture in
            try await fixture.queue.waitForWork(timeout: .milliseconds(30))
            let waiter = Task { try await fixture.queue.waitForWork(timeout: .seconds(50)) }
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
            try await fixture.enqueue([fixture.job()])
            try await fixture.queue.waitForWork(timeout: .seconds(50))
        }
    }

    @Test func theEndOfAJobWakesItsWaiterAlsoAfterALostConnection() async throws {
        try await Fixture.run { fixture in
            let events = RedisCompletionEvents(client: fixture.client, pools: [fixture.pool.name])
            let listening = Task { try await events.run() }
            try await subscribers(1, fixture)
            try await expectWake(events, fixture)

            // The waiter may have missed something while nobody listened, so it is woken to look.
            let waiter = Task { await events.waitForEnd(of: JobID("job_any"), timeout: .seconds(50)) }
            _ = try await fixture.client.send("CLIENT", "KILL", "TYPE", "pubsub")
            await waiter.value
            try await subscribers(1, fixture)
            try await expectWake(events, fixture)
            listening.cancel()
            try await listening.value
        }
    }

    @Test func theEndOfASingleJobIsAnnounced() async throws {
        try await Fixture.run { fixture in
            let batch = BatchID("batch_x")
            let (messages, sent) = AsyncStream.makeStream(of: String.self)
            let (ready, confirm) = AsyncStream.makeStream(of: Void.self)
            let listening = Task {
                try await fixture.client.subscribe([fixture.keys("ended")], onSubscribed: { confirm.yield() }) {
                    sent.yield(String(decoding: $1, as: UTF8.self))
                }
            }
            for await _ in ready { break }
            let jobs = (0..<3).map { fixture.job(deadlineIn: .seconds(3600 + $0)) }
            _ = try await fixture.queue.feed(batch, lines: fixture.lines(1...1, of: batch), from: nil, to: .end)
            _ = try await fixture.serve(1)
            try await fixture.enqueue(jobs)
            let taken = try await fixture.takeOne()
            _ = try await fixture.queue.retry(taken.lease, .asEstimated, after: .seconds(60), countsAttempt: true)
            _ = try await fixture.serve(1)
            try await fixture.queue.cancel(jobs[2].id)
            try await fixture.queue.cancel(jobs[0].id)

            var heard: [String] = []
            for await message in messages {
                heard.append(message)
                if heard.count == 3 { break }
            }
            #expect(heard == [jobs[1], jobs[2], jobs[0]].map(\.id.text))
            listening.cancel()
            try await listening.value
        }
    }

    @Test func waitingForAnEndIsBounded() async throws {
        try await Fixture.run { fixture in
            let events = RedisCompletionEvents(client: fixture.client, pools: [fixture.pool.name])
            await withDiscardingTaskGroup { group in
                for _ in 0..<200 {
                    group.addTask { await events.waitForEnd(of: JobID("job_x"), timeout: .zero) }
                    group.addTask { await events.waitForEnd(of: JobID("job_x"), timeout: .microseconds(100)) }
                }
            }
            let waiter = Task { await events.waitForEnd(of: JobID("job_x"), timeout: .seconds(50)) }
            waiter.cancel()
            await waiter.value
        }
    }

    private func subscribers(_ count: Int64, _ fixture: Fixture) async throws {
        try await eventually {
            let reply = try await fixture.client.send("PUBSUB", "NUMSUB", fixture.keys("ended"))
            return reply.array?.last?.int64 == count ? true : nil
        }
    }

    private func expectWake(_ events: RedisCompletionEvents, _ fixture: Fixture) async throws {
        let job = fixture.job()
        try await fixture.enqueue([job])
        let start = ContinuousClock.now
        async let ended: Void = events.waitForEnd(of: job.id, timeout: .seconds(40))
        // The announcement is repeated by hand, as nobody can see the waiter arrive.
        let repeating = Task {
            _ = try await fixture.serve(1)
            while !Task.isCancelled {
                _ = try await fixture.client.send("PUBLISH", fixture.keys("ended"), job.id.text)
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        await ended
        repeating.cancel()
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
