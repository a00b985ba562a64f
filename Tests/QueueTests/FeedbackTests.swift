import Penstock
import Redis
import Testing

@testable import Queue

/// What answers say about the provider's limits.
@Suite(.timeLimit(.minutes(1)))
struct FeedbackTests {
    private static let pool = Pool.limited(LimitGroup(name: "g", requestsPerMinute: 6000, tokensPerMinute: 6_000_000))

    /// Serves one job whose answer says this.
    private func answer(_ signals: RateSignals, _ fixture: Fixture) async throws {
        try await fixture.enqueue(fixture.jobs(1))
        _ = try await fixture.queue.settle(fixture.takeOne().lease, .answered(signals: signals))
    }

    @Test func aLowerLimitThatTheProviderTellsHolds() async throws {
        try await Fixture.timed(Self.pool) { fixture, time in
            try await answer(RateSignals(requests: .init(limit: 600)), fixture)
            try await time.advance(.seconds(2))
            try await fixture.enqueue(fixture.jobs(40))
            #expect(try await fixture.take(40).count == 9)
            let limit = try #require(try await fixture.queue.overview(tenants: 1).groups.first?.limits.first)
            #expect(limit.dimension == .requests && limit.perMinute == 600 && limit.isLearned)
        }
    }

    @Test func aHigherLimitThanConfiguredDoesNotHold() async throws {
        try await Fixture.timed(.limited(LimitGroup(name: "g", requestsPerMinute: 600))) { fixture, time in
            try await answer(RateSignals(requests: .init(limit: 6000)), fixture)
            try await time.advance(.seconds(2))
            try await fixture.enqueue(fixture.jobs(40))
            #expect(try await fixture.take(40).count == 9)
            let limit = try #require(try await fixture.queue.overview(tenants: 1).groups.first?.limits.first)
            #expect(limit.perMinute == 600 && !limit.isLearned)
        }
    }

    @Test func aLimitThatWasToldLongAgoIsForgotten() async throws {
        try await Fixture.timed(Self.pool) { fixture, time in
            try await answer(RateSignals(requests: .init(limit: 600)), fixture)
            let longAgo = Double(time.now.milliseconds - 600_000)
            try await fixture.change("l~g", of: "gates") { $0["r at"] = longAgo }
            try await time.advance(.seconds(2))
            try await fixture.enqueue(fixture.jobs(60))
            #expect(try await fixture.take(40).count == 40)
        }
    }

    @Test func aTargetWithoutGroupsKeepsWhatItsProviderTells() async throws {
        try await Fixture.timed(.test(targets: [.test("t1")])) { fixture, time in
            try await answer(RateSignals(requests: .init(limit: 600, remaining: 500)), fixture)
            try await fixture.enqueue(fixture.jobs(40))
            #expect(try await fixture.take(40).count == 9)
            #expect(try await fixture.queue.overview(tenants: 1).groups.map(\.name) == ["@t1"])
        }
    }

    /// A tenth of the limit is left alone: its time is what is lacking of it, or the reset if that comes first.
    @Test(arguments: [
        (RateSignals(tokens: .init(limit: 6000, remaining: 0)), 6000),
        (RateSignals(tokens: .init(limit: 6000, remaining: 300)), 3000),
        (RateSignals(tokens: .init(limit: 6000, remaining: 600)), 0),
        (RateSignals(tokens: .init(limit: 6000, remaining: 0, reset: .seconds(60))), 6000),
        (RateSignals(tokens: .init(limit: 6000, remaining: 0, reset: .milliseconds(250))), 250),
        (RateSignals(requests: .init(limit: 600, remaining: 0)), 6000),
        (RateSignals(requests: .init(limit: 600, remaining: 59)), 100),
        // Of a small limit at least one whole request.
        (RateSignals(requests: .init(limit: 4, remaining: 0, reset: .seconds(60))), 15_000),
        // The limit itself may be unknown, or nonsense: then ours counts.
        (RateSignals(requests: .init(limit: 0, remaining: 59)), 5410),
        (RateSignals(requests: .init(remaining: 0)), 6000),
        (RateSignals(inputTokens: .init(limit: 6000, remaining: 0, reset: .seconds(5))), 5000),
        (RateSignals(outputTokens: .init(limit: 6000, remaining: 0, reset: .seconds(4))), 4000),
    ])
    func littleLeftHoldsTheNextCall(_ signals: RateSignals, _ milliseconds: Int) async throws {
        try await Fixture.timed(Self.pool) { fixture, time in
            try await answer(signals, fixture)
            try await fixture.enqueue(fixture.jobs(5, tokens: 1))
            #expect(try await fixture.wait() == .milliseconds(milliseconds))
            guard milliseconds > 0 else { return }
            try await time.advance(.milliseconds(milliseconds - 1))
            #expect(try await fixture.wait() == .milliseconds(1))
            try await time.advance(.milliseconds(1))
            #expect(try await fixture.take(1).count == 1)
        }
    }

    @Test func whatIsLeftIsSaidToTheGroupThatLimitsIt() async throws {
        // The first group limits requests only, the second one tokens.
        let groups = [LimitGroup(name: "g", requestsPerMinute: 6000), LimitGroup(name: "h", tokensPerMinute: 6000)]
        let pool = Pool.test(targets: [.test("t1", groups: ["g", "h"]), .test("t2", groups: ["h"])], groups: groups)
        try await Fixture.timed(pool) { fixture, _ in
            try await fixture.enqueue(fixture.jobs(5, tokens: 1))
            let taken = try await fixture.take(2)
            let first = try #require(taken.first { $0.target == "t1" })
            let signals = RateSignals(tokens: .init(limit: 6000, remaining: 0))
            _ = try await fixture.queue.settle(first.lease, .answered(signals: signals))
            #expect(try await fixture.wait() == .seconds(6))
        }
    }
}

/// Blocks, probes and stops.
@Suite(.timeLimit(.minutes(1)))
struct BlockTests {
    private static let shared = Pool.test(
        targets: [.test("t1", groups: ["g"]), .test("t2", groups: ["g"])],
        groups: [LimitGroup(name: "g")]
    )

    /// Gives one job back whose call ended so.
    private func refuse(_ verdict: TargetVerdict, _ fixture: Fixture) async throws {
        let taken = try await fixture.takeOne()
        _ = try await fixture.queue.retry(taken.lease, .failed(verdict), after: .zero, countsAttempt: false)
    }

    @Test func aRefusalBlocksAllTargetsOfItsGroupThenOneCallTries() async throws {
        try await Fixture.timed(Self.shared) { fixture, time in
            try await fixture.enqueue(fixture.jobs(20))
            try await refuse(.limited(for: .seconds(10)), fixture)
            #expect(try await fixture.wait() == .seconds(10))
            #expect(try await fixture.targetState("t2")?.state == .blocked(until: time.now.adding(.seconds(10))))

            try await time.advance(.seconds(10))
            let probes = try await fixture.take(5)
            #expect(probes.count == 1)
            #expect(try await fixture.targetState("t1")?.state == .probing)
            // Time alone lets no other one go.
            #expect(try await fixture.wait() == nil)

            _ = try await fixture.queue.settle(probes[0].lease, .answered())
            #expect(try await fixture.take(5).count == 5)
            #expect(try await fixture.targetState("t1")?.state == .available)
        }
    }

    @Test func aRefusedProbeBlocksAgain() async throws {
        try await Fixture.timed(Self.shared) { fixture, time in
            try await fixture.enqueue(fixture.jobs(20))
            for _ in 0..<3 {
                try await refuse(.limited(for: .seconds(5)), fixture)
                #expect(try await fixture.wait() == .seconds(5))
                try await time.advance(.seconds(5))
            }
            #expect(try await fixture.take(5).count == 1)
        }
    }

    @Test(arguments: [TargetVerdict.none, .overloaded(for: nil)])
    func aProbeThatTellsNothingIsDueAgain(_ verdict: TargetVerdict) async throws {
        try await Fixture.timed(Self.shared) { fixture, time in
            try await fixture.enqueue(fixture.jobs(20))
            try await refuse(.limited(for: .seconds(5)), fixture)
            try await time.advance(.seconds(5))
            try await refuse(verdict, fixture)
            #expect(try await fixture.take(5).count == 1)
        }
    }

    @Test func aProbeWhoseWorkerDiesIsDueAgain() async throws {
        try await Fixture.timed(Self.shared) { fixture, time in
            try await fixture.enqueue(fixture.jobs(20))
            try await refuse(.limited(for: .seconds(5)), fixture)
            try await time.advance(.seconds(5))
            let probe = try await fixture.takeOne()
            #expect(try await fixture.take(5).isEmpty)
            try await fixture.silence([probe.lease])
            try await fixture.queue.requeue(try #require(try await fixture.queue.orphans(limit: 5).first))
            #expect(try await fixture.take(5).count == 1)
        }
    }

    @Test func theAnswerToACallThatBeganBeforeTheBlockEndsNoProbing() async throws {
        try await Fixture.timed(Self.shared) { fixture, time in
            try await fixture.enqueue(fixture.jobs(20))
            let early = try await fixture.takeOne()
            try await refuse(.limited(for: .seconds(5)), fixture)
            try await time.advance(.seconds(5))
            let probe = try await fixture.takeOne()
            _ = try await fixture.queue.settle(early.lease, .answered())
            #expect(try await fixture.take(5).isEmpty)
            _ = try await fixture.queue.settle(probe.lease, .answered())
            #expect(try await fixture.take(5).count == 5)
        }
    }

    @Test func anOverloadBlocksItsTargetOnly() async throws {
        try await Fixture.timed(Self.shared) { fixture, _ in
            try await fixture.enqueue(fixture.jobs(20))
            let taken = try await fixture.takeOne()
            _ = try await fixture.queue.settle(taken.lease, .failed(.overloaded(for: .seconds(9))))
            let other = taken.target == "t1" ? "t2" : "t1"
            #expect(Set(try await fixture.takenTargets(6)) == [other])
        }
    }

    @Test func anOverloadWithoutATimeBlocksNothing() async throws {
        try await Fixture.timed { fixture, _ in
            try await fixture.enqueue(fixture.jobs(5))
            try await refuse(.overloaded(for: nil), fixture)
            #expect(try await fixture.take(5).count == 5)
        }
    }

    @Test func anEmptyAccountStopsItsTargetUntilItIsResumed() async throws {
        try await Fixture.timed(.test(targets: [.test("t1"), .test("t2")])) { fixture, time in
            try await fixture.enqueue(fixture.jobs(20))
            let taken = try await fixture.take(2)
            let first = try #require(taken.first { $0.target == "t1" })
            _ = try await fixture.queue.settle(first.lease, .failed(.exhausted))
            let since = time.now
            try await time.advance(.seconds(20))
            #expect(Set(try await fixture.takenTargets(4)) == ["t2"])
            #expect(try await fixture.targetState("t1")?.state == .stopped(since: since))

            try await fixture.queue.resume(target: "t1")
            #expect(try await fixture.takenTargets(4).contains("t1"))
            #expect(try await fixture.targetState("t1")?.state == .available)
        }
    }

    @Test(arguments: [BlockTests.shared, .test(targets: [.test("t1")])])
    func resumingEndsABlock(_ pool: Pool) async throws {
        try await Fixture.timed(pool) { fixture, _ in
            try await fixture.enqueue(fixture.jobs(20))
            let taken = try await fixture.takeOne()
            _ = try await fixture.queue.settle(taken.lease, .failed(.limited(for: .seconds(50))))
            #expect(try await fixture.take(3).isEmpty)
            try await fixture.queue.resume(target: taken.target)
            #expect(try await fixture.take(3).count == 3)
        }
    }
}
