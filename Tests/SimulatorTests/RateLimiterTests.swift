import Penstock
import Testing

@testable import Simulator

@Suite struct RateLimiterTests {
    private let start = ContinuousClock.now

    private func tokens(_ count: Int) -> Usage { Usage(input: count - count / 2, output: count / 2) }

    @Test func aBucketStartsFullAndFillsSteadily() {
        var bucket = TokenBucket(perMinute: 60, at: start)
        #expect(bucket.remaining == 60 && bucket.untilFull == .zero)
        bucket.take(60)
        #expect(bucket.remaining == 0)
        #expect(bucket.wait(for: 1) == .seconds(1))
        #expect(bucket.untilFull == .seconds(60))
        bucket.refill(at: start + .seconds(30))
        #expect(bucket.remaining == 30)
        bucket.refill(at: start + .seconds(10))
        #expect(bucket.remaining == 30)
        bucket.refill(at: start + .seconds(600))
        #expect(bucket.remaining == 60)
    }

    @Test func aShorterBucketHoldsLessAndFillsAsFast() {
        var limiter = RateLimiter(MinuteLimits(requests: 3000, tokens: 20, bucketSeconds: 1), at: start)
        for _ in 0..<50 { #expect(limiter.admit(tokens(0), at: start) == nil) }
        #expect(
            limiter.admit(tokens(0), at: start)?.retryAfter.map { (20...21).contains($0.wholeMillisecondsRoundedUp) }
                == true
        )
        #expect(limiter.state[.requests] == RateLimitState.Limit(limit: 3000, remaining: 0, reset: .seconds(1)))
        // A bucket holds one at least.
        #expect(limiter.state[.tokens] == RateLimitState.Limit(limit: 20, remaining: 1, reset: .zero))
        for _ in 0..<25 { #expect(limiter.admit(tokens(0), at: start + .milliseconds(500)) == nil) }
        #expect(limiter.admit(tokens(0), at: start + .milliseconds(500)) != nil)
    }

    @Test func whoWaitsAsLongAsToldGetsIn() {
        var limiter = RateLimiter(MinuteLimits(requests: 7, tokens: 9973), at: start)
        var now = start
        for _ in 0..<500 {
            guard let denial = limiter.admit(tokens(1234), at: now) else { continue }
            let told = (denial.retryAfter ?? .zero).wholeMillisecondsRoundedUp
            #expect(told > 0)
            now += .milliseconds(told)
            // The other limit may now stand in the way, but not this one again.
            #expect(limiter.admit(tokens(1234), at: now)?.kind != denial.kind)
        }
        #expect(now > start + .seconds(600))
    }

    @Test func noMoreThanTheLimitGetsThrough() {
        var limiter = RateLimiter(MinuteLimits(requests: 100), at: start)
        var admitted = 0
        for millisecond in stride(from: 0, to: 120_000, by: 20)
        where limiter.admit(tokens(1), at: start + .milliseconds(millisecond)) == nil { admitted += 1 }
        // A full bucket and two minutes' worth.
        #expect((298...300).contains(admitted))
    }

    @Test func aDeniedCallTakesNothing() {
        var limiter = RateLimiter(MinuteLimits(requests: 10, tokens: 100), at: start)
        #expect(limiter.admit(tokens(80), at: start) == nil)
        let denial = limiter.admit(tokens(50), at: start)
        #expect(denial == RateLimitDenial(kind: .tokens, limit: 100, used: 80, requested: 50, retryAfter: .seconds(18)))
        #expect(limiter.state[.requests]?.remaining == 9)
        #expect(limiter.state[.tokens]?.remaining == 20)
        #expect(limiter.admit(tokens(20), at: start) == nil)
    }

    @Test func inputAndOutputMayBeLimitedAlone() {
        var limiter = RateLimiter(MinuteLimits(inputTokens: 100, outputTokens: 50), at: start)
        #expect(limiter.admit(Usage(input: 90, output: 20), at: start) == nil)
        #expect(limiter.admit(Usage(input: 11, output: 20), at: start)?.kind == .inputTokens)
        #expect(limiter.admit(Usage(input: 5, output: 31), at: start)?.kind == .outputTokens)
        #expect(limiter.state[.inputTokens]?.remaining == 10 && limiter.state[.outputTokens]?.remaining == 30)
    }

    @Test func aCallLargerThanTheLimitIsNotToldToWait() {
        var limiter = RateLimiter(MinuteLimits(tokens: 100), at: start)
        #expect(limiter.admit(tokens(101), at: start)?.retryAfter == nil)
        #expect(limiter.admit(tokens(101), at: start) != nil)
        #expect(limiter.admit(tokens(100), at: start) == nil)
    }

    @Test func limitsChangeWhileTheyAreInUse() {
        var limiters = RateLimiters(MinuteLimits(requests: 100))
        _ = limiters.admit("a", tokens(0), at: start)
        // What was saved up above the new limit is lost, and it fills up at the new rate.
        limiters.setLimits(MinuteLimits(requests: 10, tokens: 50), at: start)
        var state = limiters.admit("a", tokens(50), at: start).state
        #expect(state[.requests]?.limit == 10 && state[.requests]?.remaining == 9)
        #expect(state[.requests]?.reset == .seconds(6) && state[.tokens]?.remaining == 0)
        #expect(limiters.admit("b", tokens(51), at: start).denial?.kind == .tokens)
        // What was there before stays; a limit that goes does not deny.
        limiters.setLimits(MinuteLimits(requests: 1000), at: start)
        state = limiters.admit("a", tokens(1_000_000), at: start).state
        #expect(state[.requests]?.limit == 1000 && state[.requests]?.remaining == 8 && state[.tokens] == nil)
    }

    @Test(arguments: [nil, 0, -5]) func noLimitLetsEverythingThrough(limit: Int?) {
        var limiter = RateLimiter(MinuteLimits(requests: limit, tokens: limit), at: start)
        for _ in 0..<1000 { #expect(limiter.admit(tokens(1_000_000), at: start) == nil) }
        #expect(limiter.state == RateLimitState(limits: [:]))
    }

    @Test func keysHaveLimitsOfTheirOwnUpToABound() {
        var limiters = RateLimiters(MinuteLimits(requests: 1))
        #expect(limiters.admit("a", tokens(0), at: start).denial == nil)
        #expect(limiters.admit("b", tokens(0), at: start).denial == nil)
        #expect(limiters.admit("a", tokens(0), at: start).denial != nil)
        let admitted = (0..<3000).count { limiters.admit("key-\($0)", tokens(0), at: start).denial == nil }
        #expect(admitted == 1024 - 2 + 1)
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.milliseconds(1), "1ms"), (.microseconds(119_001), "120ms"), (.seconds(1), "1s"),
        (.milliseconds(1780), "1.78s"), (.milliseconds(8005), "8.005s"), (.milliseconds(692_334), "11m32.334s"),
        (.seconds(60), "1m0s"), (.seconds(3600), "1h0m0s"),
    ])
    func durationsAreWrittenAsGoDoes(duration: Duration, text: String) {
        #expect(GoDuration.text(duration) == text)
    }
}
