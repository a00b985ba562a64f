import JSON
import Logging
import Penstock
import ServiceLifecycle
import Testing

@testable import Simulator

@Suite(.timeLimit(.minutes(1))) struct SimulatorServiceTests {
    /// Runs a simulator for the time of `body`, which gets its port.
    private func withSimulator(
        _ change: (inout SimulatorConfiguration) -> Void = { _ in },
        _ body: (_ port: Int, _ stop: @escaping @Sendable () async -> Void) async throws -> Void
    ) async throws {
        var configuration = SimulatorConfiguration()
        configuration.port = 0
        change(&configuration)
        let (ports, sink) = AsyncStream<Int>.makeStream()
        var logger = Logger(label: "simulator")
        logger.logLevel = .error
        let service = SimulatorService(configuration: configuration, logger: logger) { sink.yield($0) }
        let services = ServiceGroup(services: [service], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await services.run()
                sink.finish()
            }
            let port = try #require(await ports.first { _ in true })
            try await body(port) { await services.triggerGracefulShutdown() }
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
    }

    private func post(_ port: Int, _ body: [UInt8], key: String? = nil) async throws -> RawClient.Answer {
        try await blocking { try RawClient(port: port).ask("POST", "/v1/chat/completions", key: key, body: body) }
    }

    private func statistics(_ port: Int) async throws -> JSONValue {
        try await blocking { try RawClient(port: port).ask("GET", "/simulator/statistics") }.json()
    }

    /// Waits until so many calls are at work; the test's time limit is the only bound.
    private func waitForCalls(_ count: Int64, at port: Int) async throws {
        while try await statistics(port)["in_flight"]?.int64 != count { try await Task.sleep(for: .milliseconds(20)) }
    }

    @Test func everyEndpointAnswersOverOneConnection() async throws {
        try await withSimulator { port, _ in
            let answers = try await blocking {
                let client = try RawClient(port: port)
                let input = Array(#"{"model":"m","input":"x"}"#.utf8)
                return [
                    try client.ask("POST", "/v1/chat/completions", body: chat("Hi")),
                    try client.ask("POST", "/v1/completions", body: Array(#"{"model":"m","prompt":"x"}"#.utf8)),
                    try client.ask("POST", "/v1/embeddings", body: input),
                    try client.ask("POST", "/v1/responses", body: input), try client.ask("GET", "/v1/models"),
                ]
            }
            #expect(answers.map(\.status) == [200, 200, 200, 200, 200])
            let objects = try answers.map { try $0.json()["object"]?.string }
            #expect(objects == ["chat.completion", "text_completion", "list", "response", "list"])
            #expect(answers.allSatisfy { $0.headers["content-type"] == "application/json" })
            #expect(answers[0].headers["x-request-id"]?.hasPrefix("req_") == true)
            let unknown = try await blocking { try RawClient(port: port).ask("GET", "/v1/nothing") }
            #expect(unknown.status == 404)
            #expect(try unknown.json().path("error", "code")?.string == "unknown_url")
        }
    }

    @Test func anthropicsHeadersAndErrors() async throws {
        try await withSimulator {
            $0.requestsPerMinute = 2
            $0.apiKey = Secret("right")
        } _: { port, _ in
            let body = Array(#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}"#.utf8)
            let answers = try await blocking {
                let client = try RawClient(port: port)
                return try ["wrong", "right", "right", "right"].map { key in
                    try client.ask("POST", "/v1/messages", headers: ["X-Api-Key": key], body: body)
                }
            }
            #expect(answers.map(\.status) == [401, 200, 200, 429])
            #expect(answers[0].headers["x-should-retry"] == "false" && answers[3].headers["x-should-retry"] == "true")
            #expect(answers[1].headers["anthropic-ratelimit-requests-remaining"] == "1")
            let reset = try #require(answers[1].headers["anthropic-ratelimit-requests-reset"])
            #expect(reset.hasPrefix("20") && reset.hasSuffix("Z") && reset.utf8.count == 20)
            #expect(answers[3].headers["retry-after"].flatMap { Int($0) } ?? 0 >= 1)
            #expect(answers[3].headers["request-id"] == (try answers[3].json()["request_id"]?.string))
            #expect(try answers[3].json().path("error", "type")?.string == "rate_limit_error")
        }
    }

    @Test func limitsStandInHeadersAndBecomeRealRefusals() async throws {
        try await withSimulator {
            $0.requestsPerMinute = 2
            $0.tokensPerMinute = 100_000
        } _: { port, _ in
            let first = try await post(port, chat("a"))
            #expect(first.headers["x-ratelimit-limit-requests"] == "2")
            #expect(first.headers["x-ratelimit-remaining-requests"] == "1")
            #expect(first.headers["x-ratelimit-reset-requests"] == "30s")
            #expect(first.headers["x-ratelimit-limit-tokens"] == "100000")
            #expect(first.headers["x-ratelimit-reset-tokens"]?.hasSuffix("ms") == true)
            _ = try await post(port, chat("b"))
            let denied = try await post(port, chat("c"))
            #expect(denied.status == 429)
            let seconds = try #require(denied.headers["retry-after"].flatMap { Int($0) })
            let milliseconds = try #require(denied.headers["retry-after-ms"].flatMap { Int($0) })
            #expect((1...30).contains(seconds) && (1...30_000).contains(milliseconds))
            #expect(seconds == (milliseconds + 999) / 1000)
            let error = try #require(try denied.json()["error"])
            #expect(error["type"]?.string == "requests")
            #expect(error["message"]?.string?.contains("Please try again in ") == true)
        }
    }

    @Test func whatIsAnnouncedIsTrue() async throws {
        try await withSimulator {
            $0.requestsPerMinute = 600
            $0.tokensPerMinute = 1000
        } _: { port, _ in
            // Used up, then refused.
            var answer = try await post(port, chat("Hello", #""max_tokens":400"#))
            while answer.status == 200 { answer = try await post(port, chat("Hello", #""max_tokens":400"#)) }
            #expect(answer.status == 429 && answer.headers["x-ratelimit-limit-tokens"] == "1000")
            let told = try #require(answer.headers["retry-after-ms"].flatMap { Int($0) })
            let left = try #require(answer.headers["x-ratelimit-remaining-tokens"].flatMap { Int($0) })
            let message = try #require(try answer.json().path("error", "message")?.string)
            let words = message.split { " ,.".contains($0) }
            let requested = try #require(words.firstIndex(of: "Requested").flatMap { Int(words[$0 + 1]) })
            #expect(message.contains("Limit 1000, Used \(1000 - left),"))
            // 1,000 a minute are 60 ms each; what is left is told in whole tokens.
            #expect(((requested - left - 1) * 60...(requested - left) * 60).contains(told))
            let patched = try await blocking {
                let body = Array(#"{"tokens_per_minute":60000}"#.utf8)
                return try RawClient(port: port).ask("PATCH", "/simulator/controls", body: body)
            }
            #expect(try patched.status == 200 && patched.json()["tokens_per_minute"]?.int64 == 60_000)
            let seen = try await blocking { try RawClient(port: port).ask("GET", "/simulator/controls") }
            #expect(seen.body == patched.body)
            while answer.status == 429 {
                #expect((answer.headers["retry-after-ms"].flatMap { Int($0) } ?? 0) <= told)
                answer = try await post(port, chat("Hello", #""max_tokens":400"#))
            }
            #expect(answer.status == 200 && answer.headers["x-ratelimit-limit-tokens"] == "60000")
            let wrong = try await blocking {
                try RawClient(port: port).ask("PATCH", "/simulator/controls", body: Array("{}x".utf8))
            }
            #expect(wrong.status == 400)
        }
    }

    @Test func onlyTheRightKeyComesIn() async throws {
        try await withSimulator {
            $0.apiKey = .init("right")
        } _: { port, _ in
            #expect(try await post(port, chat("a"), key: "right").status == 200)
            let wrong = try await post(port, chat("a"), key: "wrong")
            #expect(wrong.status == 401)
            #expect(try wrong.json().path("error", "code")?.string == "invalid_api_key")
            #expect(try await post(port, chat("a")).status == 401)
            let models = try await blocking { try RawClient(port: port).ask("GET", "/v1/models") }
            #expect(models.status == 401)
        }
    }

    @Test func aResetCallGetsNoAnswer() async throws {
        try await withSimulator { port, _ in
            await #expect(throws: RawClient.Failure.reset) { try await post(port, chat("[simulate:reset]")) }
            let statistics = try await statistics(port)
            #expect(statistics.path("by_status", "reset")?.int64 == 1)
        }
    }

    @Test func aMalformedAnswerIsNoJSON() async throws {
        try await withSimulator { port, _ in
            let answer = try await post(port, chat("[simulate:malformed]"))
            #expect(answer.status == 200)
            #expect(throws: JSONError.self) { try answer.json() }
        }
    }

    @Test func aHangingCallEndsWhenItsCallerGivesUp() async throws {
        try await withSimulator { port, _ in
            await #expect(throws: RawClient.Failure.timedOut) {
                try await blocking {
                    let client = try RawClient(port: port, timeoutSeconds: 1)
                    return try client.ask("POST", "/v1/chat/completions", body: chat("[simulate:hang]"))
                }
            }
            // The client is closed by now; the simulator notices.
            try await waitForCalls(0, at: port)
        }
    }

    @Test func aHangingCallEndsAtTheLimit() async throws {
        try await withSimulator {
            $0.hangLimit = .milliseconds(50)
        } _: { port, _ in
            await #expect(throws: RawClient.Failure.reset) { try await post(port, chat("[simulate:hang]")) }
        }
    }

    @Test func shutdownDoesNotWaitForSlowAndHangingCalls() async throws {
        try await withSimulator { port, stop in
            let hanging = Task { try await post(port, chat("[simulate:hang]")) }
            let slow = Task { try await post(port, chat("[simulate:latency=3600000]")) }
            try await waitForCalls(2, at: port)
            await stop()
            #expect(try await slow.value.status == 200)
            await #expect(throws: RawClient.Failure.reset) { try await hanging.value }
        }
    }

    @Test func aTooLargeBodyIsRefused() async throws {
        try await withSimulator {
            $0.maxBodyBytes = 100
        } _: { port, _ in
            let long = try await post(port, chat(String(repeating: "x", count: 200)))
            let short = try await post(port, chat("short"))
            #expect(long.status == 413 && short.status == 200)
        }
    }

    @Test func theCallLogTellsWhatCameIn() async throws {
        try await withSimulator { port, _ in
            _ = try await post(port, chat("[simulate:tag=one]"))
            _ = try await post(port, chat("[simulate:404]"))
            let calls = try await blocking { try RawClient(port: port).ask("GET", "/simulator/calls?after=1") }.json()
            #expect(calls["calls"]?.count == 1)
            #expect(calls["calls"]?.first?["sequence"]?.int64 == 2)
            #expect(calls["calls"]?.first?["status"]?.int64 == 404)
            #expect(try await statistics(port).path("tags", "one")?.int64 == 1)
        }
    }

    @Test func theCallLogTellsWhatHeadersSaid() async throws {
        try await withSimulator { port, _ in
            let headers = ["OpenAI-Beta": "b=1", "anthropic-beta": "a,b", "X-Other": "7"]
            _ = try await blocking {
                try RawClient(port: port).ask("POST", "/v1/chat/completions", headers: headers, body: chat("hi"))
            }
            let calls = try await blocking { try RawClient(port: port).ask("GET", "/simulator/calls") }.json()
            let told = ProviderHeaders(json: calls["calls"]?.first?["headers"])
            #expect(told?.values == ["openai-beta": "b=1", "anthropic-beta": "a,b"])
        }
    }

    @Test func aThousandCallsWaitAtTheSameTime() async throws {
        try await withSimulator { port, stop in
            // They would take an hour, but a simulator that stops answers at once.
            let clients = Task {
                try await blocking {
                    let clients = try (0..<1200).map { _ in try RawClient(port: port, timeoutSeconds: 50) }
                    for (index, client) in clients.enumerated() {
                        let body = chat("[simulate:latency=3600000] \(index)")
                        try client.send("POST", "/v1/chat/completions", body: body)
                    }
                    return try clients.map { try $0.receive().status }
                }
            }
            try await waitForCalls(1200, at: port)
            let statistics = try await statistics(port)
            #expect(statistics["max_concurrent"]?.int64 == 1200 && statistics["repeated_calls"]?.int64 == 0)
            await stop()
            #expect(try await clients.value.count { $0 == 200 } == 1200)
        }
    }
}
