import Penstock
import Testing

@testable import Providers

struct RateSignalTests {
    private func read(_ headers: [String: String]) -> RateSignals? {
        RateSignalReader.read({ headers[$0] }, at: Sample.now)
    }

    private func requests(_ limit: String, _ remaining: String, _ reset: String? = nil) -> RateSignals.Level? {
        var headers = ["x-ratelimit-limit-requests": limit, "x-ratelimit-remaining-requests": remaining]
        headers["x-ratelimit-reset-requests"] = reset
        let signals = read(headers)
        #expect(signals?.tokens == nil)
        return signals?.requests
    }

    @Test(
        arguments: [
            (
                "openai--limits",
                RateSignals(
                    requests: .init(limit: 500, remaining: 499, reset: .milliseconds(120)),
                    tokens: .init(limit: 200_000, remaining: 199_227, reset: .milliseconds(231))
                )
            ),
            (
                "anthropic--limits",
                RateSignals(
                    requests: .init(limit: 10_000, remaining: 9999, reset: .zero),
                    inputTokens: .init(limit: 10_000_000, remaining: 10_000_000, reset: .zero),
                    outputTokens: .init(limit: 2_000_000, remaining: 2_000_000, reset: .zero)
                )
            ),
            (
                "mistral--limits",
                RateSignals(
                    requests: .init(limit: 100, remaining: 97),
                    tokens: .init(limit: 100_000, remaining: 99_511)
                )
            ),
            (
                "xai--limits",
                RateSignals(
                    requests: .init(limit: 1800, remaining: 1800),
                    tokens: .init(limit: 10_000_000, remaining: 10_000_000)
                )
            ),
            ("gemini--rate-limit", nil),
        ] as [(String, RateSignals?)]
    )
    func recordedAnswers(_ name: String, _ expected: RateSignals?) throws {
        #expect(try Golden(name).signals() == expected)
    }

    /// As Azure documents it; no recording has them.
    @Test func azuresSecondsAndPeriods() {
        let headers = [
            "x-ratelimit-limit-requests": "10", "x-ratelimit-remaining-requests": "9",
            "x-ratelimit-reset-requests": "8", "x-ratelimit-renewalperiod-requests": "10",
            "x-ratelimit-limit-tokens": "30000", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "60",
            "x-ratelimit-renewalperiod-tokens": "60",
        ]
        let expected = RateSignals(
            requests: .init(limit: 60, remaining: 9, reset: .seconds(8)),
            tokens: .init(limit: 30_000, remaining: 0, reset: .seconds(60))
        )
        #expect(read(headers) == expected)
    }

    @Test func momentsCountFromTheProvidersOwnClock() {
        var headers = [
            "anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "0",
            "anthropic-ratelimit-requests-reset": "2023-11-14T22:14:20Z",
        ]
        #expect(read(headers)?.requests?.reset == .seconds(60))
        headers["date"] = "Tue, 14 Nov 2023 22:14:00 GMT"
        #expect(read(headers)?.requests?.reset == .seconds(20))
        headers["date"] = "yesterday"
        #expect(read(headers)?.requests?.reset == .seconds(60))
    }

    @Test func anthropicsTightestLimitCountsOnlyAlone() {
        var headers = ["anthropic-ratelimit-tokens-limit": "80000", "anthropic-ratelimit-tokens-remaining": "1000"]
        #expect(read(headers) == RateSignals(tokens: .init(limit: 80_000, remaining: 1000)))
        headers["anthropic-ratelimit-output-tokens-remaining"] = "1000"
        #expect(read(headers) == RateSignals(outputTokens: .init(remaining: 1000)))
    }

    @Test func limitsPerDayAreNotLimitsPerMinute() {
        #expect(requests("10000", "9999", "8.64s") == nil)
        #expect(requests("10000", "9920", "11m32.334s") == nil)
        #expect(requests("200", "0", "23h59m1s") == nil)
        #expect(requests("200", "0", "86000") == nil)
        #expect(requests("500", "499", "120ms")?.limit == 500)
        #expect(requests("500", "0", "1m0s") == .init(limit: 500, remaining: 0, reset: .seconds(60)))
        // Whole seconds, little used.
        #expect(requests("500", "499", "1")?.limit == 500)
    }

    @Test(arguments: ["", "-1", "1.5", "x", "0x10", " 5", "+", "1e3", "nan"])
    func nonsenseIsIgnored(_ text: String) {
        #expect(requests(text, text, text) == nil)
        #expect(requests("100", text, text) == .init(limit: 100, reset: LimitReset(text, at: Sample.now)?.duration))
        #expect(requests(text, "7", nil) == .init(remaining: 7))
    }

    @Test func whatRemainsIsNeverMoreThanTheLimit() {
        #expect(requests("100", "101") == .init(limit: 100, remaining: 100))
        #expect(requests("0", "0") == .init(remaining: 0))
        #expect(requests("2000000000000", "5") == .init(remaining: 5))
        #expect(requests("9999999999999999999999", "5") == .init(remaining: 5))
    }

    @Test(
        arguments: [
            ("0s", .zero), ("1ms", .milliseconds(1)), ("120ms", .milliseconds(120)), ("8.64s", .milliseconds(8640)),
            ("11m32.334s", .milliseconds(692_334)), ("1h0m0s", .seconds(3600)), ("1h30m", .seconds(5400)),
            ("1.5h", .seconds(5400)), ("250µs", .microseconds(250)), ("250us", .microseconds(250)),
            ("48.939935699s", .microseconds(48_939_935)), ("7.s", nil), ("s", nil), ("1", nil), ("", nil), ("-1s", nil),
            ("1x", nil), ("1.2.3s", nil), ("9223372036854775807h", nil), ("2562047h2562047h", nil), ("1s ", nil),
            ("١s", nil),
        ] as [(String, Duration?)]
    )
    func durationsAsGoPrintsThem(_ text: String, _ expected: Duration?) {
        #expect(GoDuration.parse(text) == expected)
    }
}
