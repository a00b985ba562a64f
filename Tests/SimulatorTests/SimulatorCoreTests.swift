import JSON
import Penstock
import Testing

@testable import Simulator

@Suite struct SimulatorCoreTests {
    private let now = ContinuousClock.now
    private let time = Timestamp(milliseconds: 1_700_000_000_123)

    private func core(_ change: (inout SimulatorConfiguration) -> Void = { _ in }) -> SimulatorCore {
        var configuration = SimulatorConfiguration()
        change(&configuration)
        return SimulatorCore(configuration)
    }

    @Test func aCallIsAnsweredAndCounted() throws {
        var core = core { $0.latencyPerOutputToken = .milliseconds(10) }
        let verdict = core.receive(try call(chat("Hi", #""max_tokens":3"#)), at: now, time: time)
        #expect(verdict.action.label == "200" && verdict.isAtWork)
        #expect(verdict.latency == .milliseconds(30))
        #expect(core.statistics.inFlight == 1 && core.statistics.outputTokens == 3)
        core.finish()
        #expect(core.statistics.inFlight == 0 && core.statistics.maxConcurrent == 1)
        #expect(core.log.entries(after: 0).map(\.status) == [200])
    }

    @Test func repetitionsAreNoticedAndOnceFailsOnce() throws {
        var core = core()
        let body = chat("[simulate:once=500][simulate:tag=t]")
        let labels = try (0..<3).map { _ in core.receive(try call(body), at: now, time: time).action.label }
        #expect(labels == ["500", "200", "200"])
        _ = core.receive(try call(chat("other")), at: now, time: time)
        let statistics = core.statistics
        #expect(statistics.calls == 4 && statistics.distinctBodies == 2 && statistics.repeatedCalls == 2)
        #expect(statistics.maxCallsPerBody == 3)
        #expect(statistics.byStatus == ["500": 1, "200": 3])
        #expect(statistics.tags == ["t": 3])
        #expect(core.log.entries(after: 0).map(\.occurrence) == [1, 2, 3, 1])
    }

    @Test func requestsAreLimitedInOpenAIsWords() throws {
        var core = core { $0.requestsPerMinute = 2 }
        for index in 0..<2 {
            let verdict = core.receive(try call(chat("\(index)")), at: now, time: time)
            #expect(verdict.limits?[.requests]?.remaining == 1 - index)
        }
        let verdict = core.receive(try call(chat("3")), at: now, time: time)
        guard case .error(let error) = verdict.action else { throw TestFailure() }
        #expect(error.status == 429 && error.type == "requests" && error.code == "rate_limit_exceeded")
        #expect(error.retryAfter == .seconds(30))
        #expect(error.message.hasSuffix("Limit 2, Used 2, Requested 1. Please try again in 30s."))
        #expect(!verdict.isAtWork)
        #expect(core.receive(try call(chat("4"), key: "other"), at: now, time: time).action.label == "200")
    }

    @Test func tokensAreChargedAsUsageSays() throws {
        var core = core { $0.tokensPerMinute = 100 }
        // 9 tokens of input and 40 of output each.
        for remaining in [51, 2] {
            let verdict = core.receive(
                try call(chat("Hello\(remaining % 10)", #""max_tokens":40"#)),
                at: now,
                time: time
            )
            #expect(verdict.action.label == "200" && verdict.limits?[.tokens]?.remaining == remaining)
        }
        let third = core.receive(try call(chat("Hello3", #""max_tokens":40"#)), at: now, time: time)
        guard case .error(let error) = third.action else { throw TestFailure() }
        #expect(error.status == 429 && error.type == "tokens")
        #expect(third.limits?[.tokens]?.remaining == 2)
    }

    @Test func aBadRequestCountsAsARequestAndARefusedCallerDoesNot() throws {
        var core = core { $0.requestsPerMinute = 2 }
        let dice = Dice(seed: 1)
        let refused = ReceivedCall(
            endpoint: .responses,
            dice: dice,
            apiKey: "k",
            content: .refused(.wrongKey(presented: true))
        )
        #expect(core.receive(refused, at: now, time: time).limits == nil)
        let invalid = ReceivedCall(endpoint: .responses, dice: dice, apiKey: "k", content: .invalid(.missing("input")))
        let verdict = core.receive(invalid, at: now, time: time)
        #expect(verdict.action.label == "400" && verdict.limits?[.requests]?.remaining == 1 && !verdict.isAtWork)
    }

    @Test func moreThanTheConcurrencyIsTurnedAway() throws {
        var core = core { $0.maxConcurrency = 2 }
        let labels = try (0..<3).map { core.receive(try call(chat("\($0)")), at: now, time: time).action.label }
        #expect(labels == ["200", "200", "503"])
        core.finish()
        #expect(core.receive(try call(chat("4")), at: now, time: time).action.label == "200")
        #expect(core.statistics.maxConcurrent == 2)
    }

    @Test func aBadDayCanBePlayed() throws {
        var core = core {
            $0.latency = .fixed(.milliseconds(100))
            $0.requestsPerMinute = 60
        }
        func latency(_ prompt: String) throws -> Duration {
            core.receive(try call(chat(prompt)), at: now, time: time).latency
        }
        #expect(try latency("a") == .milliseconds(100))
        try core.change(Array(#"{"latency_factor":20,"max_concurrency":4}"#.utf8), at: now)
        #expect(try latency("b") == .seconds(2))
        #expect(try latency("[simulate:latency=10]") == .milliseconds(200))
        try core.change(Array(#"{"latency_factor":1,"requests_per_minute":null}"#.utf8), at: now)
        #expect(try latency("c") == .milliseconds(100))
        #expect(core.receive(try call(chat("d")), at: now, time: time).action.label == "503")
        try core.change(Array(#"{"max_concurrency":null,"out_of_quota":true}"#.utf8), at: now)
        guard case .error(let error) = core.receive(try call(chat("e")), at: now, time: time).action
        else { throw TestFailure() }
        #expect(error == .insufficientQuota)
        #expect(
            String(decoding: core.controls.body, as: UTF8.self)
                == #"{"latency_factor":1.0,"requests_per_minute":null,"tokens_per_minute":null,"#
                + #""input_tokens_per_minute":null,"output_tokens_per_minute":null,"max_concurrency":null,"out_of_quota":true}"#
        )
    }

    @Test(arguments: [
        "", "[]", #"{"latency_factor":-1}"#, #"{"latency_factor":"2"}"#, #"{"latency_factor":1e9}"#,
        #"{"requests_per_minute":0}"#, #"{"tokens_per_minute":1.5}"#, #"{"out_of_quota":null}"#,
        #"{"max_concurrency":5,"speed":1}"#,
    ])
    func aWrongControlChangesNothing(_ body: String) {
        var core = core()
        let before = core.controls
        let error = #expect(throws: ProviderError.self) { try core.change(Array(body.utf8), at: now) }
        #expect(error?.status == 400 && core.controls == before)
    }

    @Test func theLogTellsWhatLimitsWereCharged() throws {
        var core = core {
            $0.tokensPerMinute = 100
            $0.faults.error500 = 1000
        }
        // 9 tokens of input and 40 of output each; also for a call that fails once it was let in.
        for index in 1...3 {
            _ = core.receive(try call(chat("Hello\(index)", #""max_tokens":40"#)), at: now, time: time)
        }
        let entries = core.log.entries(after: 0)
        #expect(entries.map(\.status) == [500, 500, 429] && entries.allSatisfy { $0.model == "gpt-4o-mini" })
        #expect(entries.map { $0.inputTokens + $0.outputTokens } == [49, 49, 0])
        let page = try JSONDocument(parsing: core.log.body(after: 1)).root
        #expect(page["calls"]?.first?["input_tokens"]?.int64 == 9)
        #expect(page["calls"]?.first?["output_tokens"]?.int64 == 40)
        #expect(page["calls"]?.first?["latency_ms"]?.int64 == 0)
    }

    @Test func markersWinOverRates() throws {
        var core = core { $0.faults.error500 = 1000 }
        #expect(core.receive(try call(chat("plain")), at: now, time: time).action.label == "500")
        #expect(core.receive(try call(chat("[simulate:reset]")), at: now, time: time).action.label == "reset")
        let once = try call(chat("[simulate:once=400]"))
        #expect(core.receive(once, at: now, time: time).action.label == "400")
        #expect(core.receive(once, at: now, time: time).action.label == "200")
    }

    @Test(
        arguments: [
            ("400", 400, "invalid_request_error", nil), ("401", 401, "invalid_request_error", "invalid_api_key"),
            ("404", 404, "invalid_request_error", "model_not_found"), ("429", 429, "requests", "rate_limit_exceeded"),
            ("500", 500, "server_error", nil), ("503", 503, "server_error", nil),
            ("context_length", 400, "invalid_request_error", "context_length_exceeded"),
            ("insufficient_quota", 429, "insufficient_quota", "insufficient_quota"),
        ] as [(String, Int, String, String?)]
    )
    func forcedErrorsLookLikeTheProviders(marker: String, status: Int, type: String, code: String?) throws {
        var core = core()
        let verdict = core.receive(try call(chat("[simulate:\(marker)]")), at: now, time: time)
        guard case .error(let error) = verdict.action else { throw TestFailure() }
        #expect(error.status == status && error.type == type && error.code == code)
        let envelope = try #require(try JSONDocument(parsing: error.body).root["error"])
        #expect(envelope["type"]?.string == type && envelope["code"]?.string == code)
        #expect(envelope["message"]?.string?.isEmpty == false && envelope["param"] != nil)
    }

    @Test func theLogIsReadPageByPageAndForgetsTheOldest() throws {
        var core = core { $0.rememberedCalls = 3 }
        for index in 1...5 { _ = core.receive(try call(chat("\(index)")), at: now, time: time) }
        #expect(core.log.entries(after: 0).map(\.sequence) == [3, 4, 5])
        #expect(core.log.entries(after: 4).map(\.sequence) == [5])
        #expect(core.log.entries(after: 5).isEmpty && core.log.entries(after: 99).isEmpty)
        let page = try JSONDocument(parsing: core.log.body(after: 3)).root
        #expect(page["last_sequence"]?.int64 == 5 && page["has_more"]?.bool == false)
        #expect(page["calls"]?.first?["time_ms"]?.int64 == time.milliseconds)
    }
}

/// Something was not what the rest of the test needs.
struct TestFailure: Error {}
