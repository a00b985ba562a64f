import Fetch
import JSON
import Logging
import Penstock
import TestSupport
import Testing

@testable import Providers

@Suite(.timeLimit(.minutes(1)))
struct AdaptedCallTests {
    private static let body = Array(
        #"{"model":"alias","messages":[{"role":"user","content":"hi"}],"max_tokens":5}"#.utf8
    )
    private static let answer = """
        {"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"Hi!"}],\
        "stop_reason":"end_turn","usage":{"input_tokens":3,"cache_read_input_tokens":4,"cache_creation_input_tokens":5,\
        "output_tokens":6}}
        """

    private func call(
        port: UInt16,
        _ body: [UInt8] = body,
        endpoint: Endpoint = .chatCompletions,
        adapter: String = "anthropic",
        headers: ProviderHeaders = ProviderHeaders()
    ) async throws -> CallReport {
        let client = try FetchClient(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let library = try AdapterLibrary([adapter], directory: nil)
        let caller = try TargetCaller(client: client, library: library, clock: Sample.clock)
        let target = Target(
            name: "t",
            provider: "anthropic",
            baseURL: "http://127.0.0.1:\(port)/v1",
            apiKey: Secret("sk-test"),
            model: "claude",
            limitGroups: [],
            maxConcurrency: nil,
            timeout: .seconds(30),
            price: nil,
            adapter: adapter
        )
        let report = await caller.call(
            target,
            endpoint: endpoint,
            body: body,
            headers: headers,
            within: .seconds(30)
        )
        await client.shutdown()
        return report
    }

    @Test func aGoodAnswer() async throws {
        let limits =
            "anthropic-ratelimit-requests-limit: 50\r\nanthropic-ratelimit-requests-remaining: 49\r\n"
            + "anthropic-ratelimit-requests-reset: 2023-11-14T22:13:22Z\r\n"
        let head =
            "HTTP/1.1 200 OK\r\nContent-Length: \(Self.answer.utf8.count)\r\nrequest-id: req_7\r\n\(limits)\r\n"
        let server = try RawServer(.answer(head + Self.answer))
        server.start()
        defer { server.stop() }
        let report = try await call(port: server.port)
        guard case .succeeded(let response, let usage) = report.outcome else { Issue.record("\(report)"); return }
        #expect(report.signals?.requests == .init(limit: 50, remaining: 49, reset: .seconds(2)))
        #expect(report.serviceTime != nil && report.firstByte != nil)
        #expect(usage == Usage(input: 12, cachedInput: 4, cacheWrite: 5, output: 6))
        #expect(response.requestID == "req_7" && response.statusCode == 200)
        #expect(try JSONDocument(parsing: response.body).root["object"]?.string == "chat.completion")
        let request = try #require(server.requests.first)
        #expect(request.hasPrefix("POST /v1/messages HTTP/1.1\r\n"))
        #expect(request.contains("x-api-key: sk-test\r\n") && request.contains("anthropic-version: 2023-06-01\r\n"))
        #expect(!request.contains("Authorization"))
        let sent =
            #"{"model":"claude","max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}"#
        #expect(request.hasSuffix(sent))
    }

    @Test func anOverloadedProvider() async throws {
        let error = #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#
        let head = "HTTP/1.1 529 Overloaded\r\nContent-Length: \(error.utf8.count)\r\nretry-after: 2\r\n"
        let server = try RawServer(.answer(head + "x-should-retry: true\r\n\r\n" + error))
        server.start()
        defer { server.stop() }
        let report = try await call(port: server.port)
        guard case .failed(let failure) = report.outcome else { Issue.record("succeeded"); return }
        #expect(failure.error == JobError(.providerOverloaded, "Overloaded"))
        #expect(failure.retryAfter == .seconds(2) && !failure.refusesRetry && failure.response?.statusCode == 529)
    }

    @Test(arguments: [
        (Endpoint.messages, "anthropic", true), (.chatCompletions, "anthropic", false), (.messages, "openai", false),
        (.chatCompletions, "openai", true),
    ])
    func headersGoWhereTheEndpointIsSpoken(_ endpoint: Endpoint, _ adapter: String, _ isNative: Bool) async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(Self.answer.utf8.count)\r\n\r\n" + Self.answer
        let server = try RawServer(.answer(answer))
        server.start()
        defer { server.stop() }
        let headers = ProviderHeaders(["anthropic-beta": "context-management-2025-06-27"])
        _ = try await call(port: server.port, endpoint: endpoint, adapter: adapter, headers: headers)
        let request = try #require(server.requests.first)
        #expect(request.contains("anthropic-beta: context-management-2025-06-27\r\n") == isNative, "\(request)")
    }

    @Test func aCallersHeaderJoinsTheFamilysOwn() {
        let own: FetchHeaders = ["Anthropic-Beta": "a", "anthropic-version": "1"]
        let joined = own.joined(with: ProviderHeaders(["anthropic-beta": "b,c", "x-lab": "7"]))
        #expect(joined == ["Anthropic-Beta": "a,b,c", "anthropic-version": "1", "x-lab": "7"])
        #expect(own.joined(with: ProviderHeaders()) == own)
    }

    @Test func whatCannotBeTranslatedIsNotSent() async throws {
        let refused = Array(#"{"model":"alias","messages":[],"n":2}"#.utf8)
        for report in [try await call(port: 1, refused), try await call(port: 1, endpoint: .embeddings)] {
            guard case .failed(let failure) = report.outcome else { Issue.record("\(report)"); return }
            #expect(report == CallReport(report.outcome))
            #expect(failure.error.errorClass == .callerInvalidRequest && !failure.mayHaveBeenSent)
        }
    }
}
