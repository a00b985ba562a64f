import Penstock
import Redis
import Testing

@testable import Queue

/// Who sleeps, until when, and who wakes them.
@Suite(.timeLimit(.minutes(1)))
struct WakingTests {
    private func wait(_ consumer: String, _ fixture: Fixture) async throws -> Duration? {
        try await fixture.queue.take(1, for: ConsumerName(consumer)).wait
    }

    @Test func ofThoseWhoWaitForTheSameMomentOneGetsTheTime() async throws {
        try await Fixture.timed(.limited(LimitGroup(name: "g", requestsPerMinute: 1))) { fixture, time in
            try await fixture.enqueue(fixture.jobs(5))
            _ = try await fixture.takeOne()
            let first = try await wait("one", fixture)
            #expect(first != nil)
            #expect(try await wait("two", fixture) == nil)
            #expect(try await wait("three", fixture) == nil)
            // Its owner asks again.
            try await time.advance(.seconds(1))
            #expect(try await wait("one", fixture) == first.map { $0 - .seconds(1) })
        }
    }

    @Test func anEarlierMomentIsGivenToWhoAsks() async throws {
        try await Fixture.timed(.limited(LimitGroup(name: "g", requestsPerMinute: 60))) { fixture, time in
            try await fixture.enqueue(fixture.jobs(5))
            _ = try await fixture.takeOne()
            let later = time.now.adding(.seconds(50))
            _ = try await fixture.client.send("HSET", fixture.keys("tick"), "alarm", "\(later.milliseconds):one")
            #expect(try await wait("two", fixture) == .milliseconds(121))
        }
    }

    @Test func anAlarmThatIsOverIsNobodys() async throws {
        try await Fixture.timed(.limited(LimitGroup(name: "g", requestsPerMinute: 60))) { fixture, time in
            try await fixture.enqueue(fixture.jobs(5))
            _ = try await fixture.takeOne()
            #expect(try await wait("one", fixture) != nil)
            // It died; what it waited for came and went.
            try await time.advance(.milliseconds(1000))
            _ = try await fixture.takeOne()
            #expect(try await wait("two", fixture) != nil)
        }
    }

    @Test func aJobForAnEmptyPoolWakesItsKeepers() async throws {
        try await Fixture.run { fixture in
            let clock = ContinuousClock()
            async let woken = clock.measure { try await fixture.queue.waitForJobs(timeout: .seconds(50)) }
            try await blocked(1, fixture)
            try await fixture.enqueue(fixture.jobs(1))
            #expect(try await woken < .seconds(30))
            // It rang once; while work is there, the scheduler's tick rings for the next one.
            _ = try await fixture.queue.tick()
            try await fixture.queue.waitForJobs(timeout: .seconds(50))
        }
    }

    @Test func whoKeepsAnEmptyPoolSleeps() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(1))
            _ = try await fixture.serve(1)
            _ = try await fixture.queue.tick()
            let clock = ContinuousClock()
            let slept = try await clock.measure { try await fixture.queue.waitForJobs(timeout: .milliseconds(300)) }
            #expect(slept >= .milliseconds(290))
        }
    }

    @Test func aBatchLineWakesToo() async throws {
        try await Fixture.run { fixture in
            let batch = BatchID("batch_x")
            async let woken: Void = fixture.queue.waitForJobs(timeout: .seconds(50))
            try await blocked(1, fixture)
            _ = try await fixture.queue.feed(batch, lines: fixture.lines(1...1, of: batch), from: nil, to: .end)
            try await woken
        }
    }

    @Test(arguments: [true, false])
    func lettingGoRingsTheBell(_ isTenant: Bool) async throws {
        try await Fixture.run { fixture in
            if isTenant {
                try await fixture.queue.setPolicy(TenantPolicy(isPaused: true), for: .acme)
            } else {
                try await fixture.queue.setControls(PoolControls(isPaused: true))
            }
            try await fixture.enqueue(fixture.jobs(1))
            #expect(try await fixture.take(1).isEmpty)
            _ = try await fixture.client.send("DEL", fixture.keys("bell"))
            async let woken: Void = fixture.queue.waitForWork(timeout: .seconds(50))
            try await blocked(1, fixture)
            if isTenant {
                try await fixture.queue.setPolicy(TenantPolicy(), for: .acme)
            } else {
                try await fixture.queue.setControls(PoolControls())
            }
            try await woken
            #expect(try await fixture.take(1).count == 1)
        }
    }

    /// Until so many connections wait for a list.
    private func blocked(_ count: Int, _ fixture: Fixture) async throws {
        try await eventually {
            let info = try await fixture.client.send("INFO", "clients").string ?? ""
            return info.contains("blocked_clients:\(count)\r\n") ? true : nil
        }
    }
}
