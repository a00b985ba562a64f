import Penstock
import Testing

@testable import Queue

@Suite(.timeLimit(.minutes(1)))
struct LimitTests {
    @Test func requestsPerMinutePace() async throws {
        // One per 102 ms, a little slower than the limit, with a burst of 900 ms' worth.
        try await Fixture.run(.limited(LimitGroup(name: "g", requestsPerMinute: 600))) { fixture in
            try await fixture.enqueue(fixture.jobs(60))
            let result = try await fixture.queue.take(20, for: fixture.worker)
            #expect(result.jobs.count == 9)
            #expect(result.wait == .milliseconds(19))
        }
    }

    @Test func tokensPerMinutePace() async throws {
        // 98 tokens a second: a job of 100 tokens each 1,020 ms.
        try await Fixture.run(.limited(LimitGroup(name: "g", tokensPerMinute: 6000))) { fixture in
            try await fixture.enqueue(fixture.jobs(10))
            let result = try await fixture.queue.take(10, for: fixture.worker)
            #expect(result.jobs.count == 1)
            #expect(result.wait == .milliseconds(121))
        }
    }

    @Test(arguments: [
        LimitGroup(name: "g", inputTokensPerMinute: 6000), LimitGroup(name: "g", outputTokensPerMinute: 6000),
    ])
    func inputAndOutputHaveLimitsOfTheirOwn(_ group: LimitGroup) async throws {
        try await Fixture.run(.limited(group)) { fixture in
            let jobs = (0..<10).map { _ in
                var job = fixture.job()
                job.estimate = TokenEstimate(
                    input: group.inputTokensPerMinute == nil ? 0 : 1000,
                    output: group.outputTokensPerMinute == nil ? 0 : 1000
                )
                return job
            }
            try await fixture.enqueue(jobs)
            let result = try await fixture.queue.take(10, for: fixture.worker)
            #expect(result.jobs.count == 1)
            #expect(result.wait == .milliseconds(9305))
        }
    }

    @Test(arguments: [
        (LimitGroup(name: "g", requestsPerMinute: 1), WaitReason.requests),
        (LimitGroup(name: "g", tokensPerMinute: 100), .tokens),
    ])
    func aJobSaysWhichLimitItWaitsFor(_ group: LimitGroup, _ reason: WaitReason) async throws {
        try await Fixture.run(.limited(group)) { fixture in
            try await fixture.enqueue(fixture.jobs(2))
            _ = try await fixture.takeOne()
            try await expectReason(reason, fixture)
        }
    }

    @Test func aCallThatWasNotMadeGivesItsReservationBack() async throws {
        try await Fixture.run(.limited(LimitGroup(name: "g", requestsPerMinute: 1, tokensPerMinute: 6000))) { fixture in
            try await fixture.enqueue(fixture.jobs(10, tokens: 6000))
            for _ in 0..<5 {
                let taken = try await fixture.takeOne()
                #expect(try await fixture.take(1).isEmpty)
                _ = try await fixture.queue.retry(taken.lease, .unused, after: .zero, countsAttempt: false)
            }
        }
    }

    @Test func aCallThatMayHaveBeenMadeKeepsItsReservation() async throws {
        try await Fixture.run(.limited(LimitGroup(name: "g", requestsPerMinute: 1))) { fixture in
            try await fixture.enqueue(fixture.jobs(3))
            let taken = try await fixture.takeOne()
            let sent = Settlement(usage: nil, mayHaveBeenSent: true, chargesTenant: false)
            _ = try await fixture.queue.retry(taken.lease, sent, after: .zero, countsAttempt: true)
            let result = try await fixture.queue.take(1, for: fixture.worker)
            #expect(result.jobs.isEmpty)
            #expect(try #require(result.wait) > .seconds(50))
        }
    }

    @Test func actualUsageCorrectsTheLimit() async throws {
        try await Fixture.run(.limited(LimitGroup(name: "g", tokensPerMinute: 6000))) { fixture in
            try await fixture.enqueue(fixture.jobs(10, tokens: 3000))
            let first = try await fixture.takeOne()
            #expect(try #require(try await fixture.queue.take(1, for: fixture.worker).wait) > .seconds(20))
            // It used next to nothing: the next one may go.
            _ = try await fixture.queue.settle(first.lease, .used(1))
            let second = try await fixture.takeOne()
            // It used twice as much: the debt is waited for.
            _ = try await fixture.queue.settle(second.lease, .used(6000))
            let wait = try #require(try await fixture.queue.take(1, for: fixture.worker).wait)
            #expect(wait > .seconds(50) && wait <= .seconds(62), "\(wait)")
        }
    }

    @Test func concurrencyOfTargetsAndGroupsIsCapped() async throws {
        let pool = Pool.test(
            targets: [.test("t1", cap: 2, groups: ["g"]), .test("t2", cap: 9, groups: ["g"])],
            groups: [LimitGroup(name: "g", maxConcurrency: 5)]
        )
        try await Fixture.run(pool) { fixture in
            try await fixture.enqueue(fixture.jobs(20))
            let result = try await fixture.queue.take(10, for: fixture.worker)
            #expect(result.jobs.map(\.target).filter { $0 == "t1" }.count == 2)
            #expect(result.jobs.map(\.target).filter { $0 == "t2" }.count == 3)
            // Time alone frees no slot.
            #expect(result.wait == nil)
            try await expectReason(.slots, fixture)

            _ = try await fixture.queue.settle(result.jobs[0].lease, .asEstimated)
            let next = try await fixture.take(10)
            #expect(next.map(\.target) == [result.jobs[0].target])
        }
    }

    @Test func aBlockedTargetIsLeftAloneByEverybody() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(5))
            let taken = try await fixture.takeOne()
            let limited = Settlement(
                usage: nil,
                mayHaveBeenSent: true,
                chargesTenant: false,
                target: .limited(for: .seconds(30))
            )
            _ = try await fixture.queue.retry(taken.lease, limited, after: .zero, countsAttempt: false)

            let result = try await fixture.queue.take(5, for: ConsumerName("worker-2"))

            #expect(result.jobs.isEmpty)
            let wait = try #require(result.wait)
            #expect(wait > .seconds(25) && wait <= .seconds(30), "\(wait)")
            try await expectReason(.providerBlocked, fixture)
        }
    }

    @Test func anotherTargetStepsIn() async throws {
        try await Fixture.run(.test(targets: [.test("t1"), .test("t2")])) { fixture in
            try await fixture.enqueue(fixture.jobs(10))
            let taken = try await fixture.takeOne()
            let limited = Settlement(
                usage: nil,
                mayHaveBeenSent: true,
                chargesTenant: false,
                target: .limited(for: .seconds(30))
            )
            _ = try await fixture.queue.settle(taken.lease, limited)
            #expect(Set(try await fixture.take(5).map(\.target)) == [taken.target == "t1" ? "t2" : "t1"])
        }
    }

    @Test func aShorterBlockDoesNotEndALongerOne() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(5))
            let taken = try await fixture.take(2)
            for (job, seconds) in zip(taken, [60, 1]) {
                let limited = Settlement(
                    usage: nil,
                    mayHaveBeenSent: true,
                    chargesTenant: false,
                    target: .limited(for: .seconds(seconds))
                )
                _ = try await fixture.queue.settle(job.lease, limited)
            }
            #expect(try #require(try await fixture.queue.take(1, for: fixture.worker).wait) > .seconds(50))
        }
    }

    @Test func aTenantsOwnRatesPaceIt() async throws {
        try await Fixture.timed { fixture, time in
            let policy = TenantPolicy(requestsPerMinute: 60, tokensPerMinute: 60_000)
            try await fixture.queue.setPolicy(policy, for: .acme)
            try await fixture.enqueue(fixture.jobs(5) + fixture.jobs(5, "other"))
            // One a second with a second's burst; who has no bound goes on.
            let taken = try await fixture.take(20)
            #expect(taken.filter { $0.job.tenant == .acme }.count == 2)
            #expect(taken.filter { $0.job.tenant != .acme }.count == 5)
            #expect(try await fixture.wait() == .seconds(1))
            try await expectReason(.requests, fixture)
            // What was not called does not count.
            let mine = try #require(taken.first { $0.job.tenant == .acme })
            _ = try await fixture.queue.retry(mine.lease, .unused, after: .zero, countsAttempt: false)
            #expect(try await fixture.take(20).count == 1)
            try await time.advance(.seconds(1))
            #expect(try await fixture.take(20).count == 1)
        }
    }

    @Test func aTenantThatUsedMoreTokensThanEstimatedWaitsForThem() async throws {
        try await Fixture.timed { fixture, _ in
            try await fixture.queue.setPolicy(TenantPolicy(tokensPerMinute: 60_000), for: .acme)
            try await fixture.enqueue(fixture.jobs(5))
            _ = try await fixture.queue.settle(fixture.takeOne().lease, .used(11_000))
            #expect(try await fixture.wait() == .seconds(10))
            try await expectReason(.tokens, fixture)
            // A higher rate holds at once for what waits.
            try await fixture.queue.setPolicy(TenantPolicy(), for: .acme)
            #expect(try await fixture.take(5).count == 4)
        }
    }

    @Test func requestsOfADayAreCountedFromItsStart() async throws {
        let day: Int64 = 86_400_000
        // The provider's day changes while the test runs, ten seconds after its clock begins.
        let change = Timestamp.present.adding(.seconds(30))
        let group = LimitGroup(
            name: "g",
            requestsPerDay: 3,
            dayStart: .milliseconds(change.milliseconds % day)
        )
        try await Fixture.timed(.limited(group)) { fixture, time in
            try await time.set(change.adding(.seconds(-10)))
            try await fixture.enqueue(fixture.jobs(20))
            let taken = try await fixture.take(5)
            #expect(taken.count == 3)
            #expect(try await fixture.wait() == .seconds(10))
            try await expectReason(.requests, fixture)
            // One that was not made does not count, one that failed does.
            _ = try await fixture.queue.retry(taken[0].lease, .unused, after: .zero, countsAttempt: false)
            _ = try await fixture.queue.retry(taken[1].lease, .failed(.none), after: .zero, countsAttempt: true)
            #expect(try await fixture.take(5).count == 1)
            try await time.set(change)
            #expect(try await fixture.take(5).count == 3)
        }
    }

    @Test func whatNeedsTheWholeBucketWaitsUntilItIsFullAndIsNotPassed() async throws {
        try await Fixture.timed(.limited(LimitGroup(name: "g", tokensPerMinute: 6000))) { fixture, time in
            let large = time.job("large", in: .seconds(100), tokens: 6000)
            try await fixture.enqueue([time.job(in: .seconds(90)), time.job(in: .seconds(91), tokens: 5)])
            #expect(try await fixture.take(1).count == 1)
            try await fixture.enqueue([large])
            // The small one's turn comes with its clock; the bucket lacks what the first one took.
            #expect(try await fixture.take(1).isEmpty)
            try await time.advance(.milliseconds(121))
            #expect(try await fixture.wait() == .milliseconds(900))
            try await time.advance(.milliseconds(899))
            #expect(try await fixture.wait() == .milliseconds(1))
            try await time.advance(.milliseconds(1))
            #expect(try await fixture.take(1).map(\.job) == [large])
            // Its tokens are waited for by whoever comes next.
            #expect(try #require(try await fixture.wait()) > .seconds(59))
        }
    }

    @Test func oneLargerThanTheBucketGoesAloneWhenItIsFull() async throws {
        try await Fixture.timed(.limited(LimitGroup(name: "g", tokensPerMinute: 6000))) { fixture, time in
            try await fixture.enqueue([time.job(in: .seconds(90), tokens: 60_000)])
            #expect(try await fixture.take(1).count == 1)
        }
    }

    @Test func manySmallJobsDoNotPassALargeOneForEver() async throws {
        try await Fixture.timed(.limited(LimitGroup(name: "g", tokensPerMinute: 60_000))) { fixture, time in
            try await fixture.enqueue(fixture.jobs(300, "small", tokens: 100))
            // Both tenants have had their turn before, so that their clocks are equal.
            try await fixture.enqueue([time.job("large", in: .seconds(100), tokens: 6000)])
            var before = 0
            while try await fixture.take(1).first(where: { $0.job.tenant.text == "large" }) == nil {
                before += 1
                try await time.advance(.milliseconds(20))
                try #require(before < 400, "the large job starves")
            }
            #expect(before < 30)
        }
    }

    private func expectReason(
        _ reason: WaitReason,
        _ fixture: Fixture,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let jobs = try await fixture.queue.liveJobs(of: TenantID(trusted: "acme"), limit: 100)
        let waiting = jobs.filter { $0.position != nil }
        #expect(!waiting.isEmpty, sourceLocation: sourceLocation)
        #expect(waiting.allSatisfy { $0.phase == .waiting(reason) }, sourceLocation: sourceLocation)
    }
}
