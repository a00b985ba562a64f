import Penstock
import Testing

@testable import Queue

/// Buckets of providers that hold less than a minute's worth: their headers tell, and they are used whole.
@Suite(.timeLimit(.minutes(2)))
struct BucketTests {
    private static let requests = 300
    private static let tokens = 30_000
    /// From then on the bucket's size is known.
    private static let warmUp: Int64 = 30_000
    private static let end: Int64 = 80_000
    private static let callsAtOnce = 4

    /// Seconds of the bucket, and how much of the limit is configured: all, 30 % too much, or none.
    private static let cases =
        [(1.0, 1.0), (1.0, 1.3), (1.0, nil), (10.0, 1.3), (60.0, 1.0), (60.0, nil)] as [(Double, Double?)]

    private struct Call {
        var lease: Lease
        var endsAt: Int64
        var settlement: Settlement
        var isRefused: Bool
    }

    /// What the provider saw.
    private struct Seen {
        /// Of the refill after the warm-up.
        var use = 0.0
        var refused = 0
    }

    @Test(arguments: cases)
    func requestsAreUsedWhole(seconds: Double, configured: Double?) async throws {
        let account = BucketAccount(perMinute: Self.requests, seconds: seconds)
        let limit = configured.map { Int($0 * Double(Self.requests)) }
        let seen = try await serve(LimitGroup(name: "g", requestsPerMinute: limit), account)
        #expect(seen.use >= 0.95 && seen.use <= 1.01, "\(seen)")
        #expect(seen.refused == 0, "\(seen)")
    }

    @Test(arguments: cases)
    func tokensAreUsedWhole(seconds: Double, configured: Double?) async throws {
        let account = BucketAccount(perMinute: Self.tokens, seconds: seconds, countsTokens: true)
        let limit = configured.map { Int($0 * Double(Self.tokens)) }
        let seen = try await serve(LimitGroup(name: "g", tokensPerMinute: limit), account)
        #expect(seen.use >= 0.95 && seen.use <= 1.01, "\(seen)")
        #expect(seen.refused == 0, "\(seen)")
    }

    /// Where somebody else uses the account too, what is left of a minute's bucket is no sign of a short one.
    @Test func aSharedAccountIsStillHeldBackWithoutRefusals() async throws {
        let account = BucketAccount(perMinute: Self.requests, seconds: 60, othersShare: 0.5, level: 0.3)
        let seen = try await serve(LimitGroup(name: "g", requestsPerMinute: Self.requests), account)
        #expect(seen.refused == 0, "\(seen)")
        #expect(seen.use >= 0.45, "\(seen)")
    }

    /// A bucket of one call: the next one starts when that is back.
    @Test func whereOnlyOneCallFitsThePaceIsTheRefill() async throws {
        let account = BucketAccount(perMinute: 60, seconds: 1)
        let seen = try await serve(LimitGroup(name: "g", requestsPerMinute: 60), account)
        #expect(seen.use >= 0.95, "\(seen)")
        // Before anything was told, one burst was too much.
        #expect(seen.refused <= 1, "\(seen)")
    }

    @Test func aTenthOfAShortBucketIsLeftAlone() async throws {
        try await Fixture.run(.limited(LimitGroup(name: "g", tokensPerMinute: 60_000))) { fixture in
            var minutes = try await Minutes(fixture)
            try await fixture.enqueue(fixture.jobs(3, tokens: 1))
            for (remaining, pause) in [(900, 21_000), (60, 0)] as [(Int, Int64)] {
                let lease = try #require(try await minutes.take(1).0.first).0
                let level = RateSignals.Level(limit: 60_000, remaining: remaining, reset: .milliseconds(100))
                try await minutes.settle(lease, .answered(signals: RateSignals(tokens: level)))
                minutes.now += pause
            }
            // 30 of the 90 are lacking.
            let wait = try #require(try await minutes.take(1).wait)
            #expect((30...31).contains(wait), "\(wait)")
        }
    }

    /// Without resets a shared account may look like a short bucket; a refusal tells that it is none.
    @Test func aRefusalWithoutAResetMakesItWatchAnew() async throws {
        try await Fixture.run(.limited(LimitGroup(name: "g", tokensPerMinute: 60_000))) { fixture in
            var minutes = try await Minutes(fixture)
            try await fixture.enqueue(fixture.jobs(4, tokens: 1))
            for (remaining, verdict, pause) in [
                (900, .answered, 21_000), (0, .limited(for: .milliseconds(1)), 10_000), (60, .answered, 0),
            ] as [(Int, TargetVerdict, Int64)] {
                let lease = try #require(try await minutes.take(1).0.first).0
                var settlement = Settlement.answered()
                settlement.target = verdict
                settlement.signals = RateSignals(tokens: .init(limit: 60_000, remaining: remaining))
                try await minutes.settle(lease, settlement)
                minutes.now += pause
            }
            // A tenth of the minute's limit again: 5,940 are lacking.
            #expect(try await minutes.take(1).wait == 5940)
        }
    }

    /// Always as many calls at once as there may be; each takes 400 ms.
    private func serve(_ group: LimitGroup, _ account: BucketAccount) async throws -> Seen {
        var (account, seen) = (account, Seen())
        try await Fixture.run(.limited(group)) { fixture in
            var minutes = try await Minutes(fixture)
            try await fixture.enqueue((0..<480).map { fixture.job("t\($0 % 4)", tokens: 80 + $0 * 7 % 41) })
            let (begin, end) = (minutes.now + Self.warmUp, minutes.now + Self.end)
            var (calls, usedBefore): ([Call], Double?) = ([], nil)
            while minutes.now < end {
                if minutes.now >= begin, usedBefore == nil { usedBefore = account.used }
                while let call = calls.first, call.endsAt <= minutes.now {
                    try await minutes.settle(call.lease, call.settlement, goesOn: call.isRefused)
                    calls.removeFirst()
                }
                var next = calls.first?.endsAt ?? .max
                if calls.count < Self.callsAtOnce {
                    let (jobs, wait) = try await minutes.take(Self.callsAtOnce - calls.count)
                    for (lease, tokens) in jobs { calls.append(call(lease, tokens, &account, at: minutes.now)) }
                    next = min(calls.first?.endsAt ?? .max, wait.map { minutes.now + Int64($0) } ?? .max)
                }
                minutes.now = max(minutes.now + 1, min(next, end))
            }
            seen.use = (account.used - (usedBefore ?? 0)) / account.refill(milliseconds: Self.end - Self.warmUp)
        }
        seen.refused = account.refused
        return seen
    }

    private func call(_ lease: Lease, _ tokens: Int, _ account: inout BucketAccount, at now: Int64) -> Call {
        var call = Call(
            lease: lease,
            endsAt: now + 400,
            settlement: .answered(Usage(input: tokens, output: 0)),
            isRefused: false
        )
        switch account.call(tokens: tokens, at: now) {
        case .accepted(let signals): call.settlement.signals = signals
        case .refused(let signals, let pause):
            call.settlement = .failed(.limited(for: pause))
            call.settlement.signals = signals
            call.isRefused = true
        }
        return call
    }
}
