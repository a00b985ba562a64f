import Fetch
import Logging
import Penstock
import TestSupport
import Testing

@testable import Providers

@Suite(.timeLimit(.minutes(1)))
struct CallTests {
    private static let body = Array(#"{"model":"alias","messages":[{"role":"user","content":"hi"}]}"#.utf8)

    private func target(port: UInt16) -> Target {
        Target(
            name: "t",
            provider: "p",
            baseURL: "http://127.0.0.1:\(port)/v1",
            apiKey: Secret("sk-test"),
            model: "real",
            limitGroups: [],
            maxConcurrency: nil,
            timeout: .seconds(30),
            price: nil
        )
    }

    private func call(
        port: UInt16,
        body: [UInt8] = body,
        headers: ProviderHeaders = ProviderHeaders(),
        within timeout: Duration = .seconds(30)
    ) async throws -> CallReport {
        let client = try FetchClient(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let caller = OpenAICompatibleCaller(client: client, clock: Sample.clock)
        let report = await caller.call(
            target(port: port),
            endpoint: .chatCompletions,
            body: body,
            headers: headers,
            within: timeout
        )
        await client.shutdown()
        return report
    }

    private func failure(_ report: CallReport) throws -> CallFailure {
        guard case .failed(let failure) = report.outcome else { throw TestSupportError("\(report)") }
        return failure
    }

    private static func answer(_ status: String, _ body: String, _ headers: String = "") -> RawServer.Reaction {
        .answer("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }

    @Test func aGoodAnswer() async throws {
        let answer = #"{"id":"x","usage":{"prompt_tokens":3,"completion_tokens":4}}"#
        let limits = "X-RateLimit-Limit-Tokens: 1000\r\nX-RateLimit-Remaining-Tokens: 993\r\n"
        let server = try RawServer(Self.answer("200 OK", answer, "X-Request-ID: req-7\r\n" + limits))
        server.start()
        defer { server.stop() }

        let report = try await call(port: server.port, headers: ProviderHeaders(["openai-beta": "b=1"]))

        let response = ProviderResponse(statusCode: 200, requestID: "req-7", body: Array(answer.utf8))
        #expect(report.outcome == .succeeded(response, usage: Usage(input: 3, output: 4)))
        #expect(report.signals == RateSignals(tokens: .init(limit: 1000, remaining: 993)))
        let (first, whole) = (try #require(report.firstByte), try #require(report.serviceTime))
        #expect(first > .zero && first <= whole)
        let request = try #require(server.requests.first)
        #expect(request.hasPrefix("POST /v1/chat/completions HTTP/1.1\r\n"))
        #expect(request.contains("Authorization: Bearer sk-test\r\n"))
        #expect(request.contains("Content-Type: application/json\r\n"))
        #expect(request.contains("openai-beta: b=1\r\n"))
        #expect(request.hasSuffix(#"{"model":"real","messages":[{"role":"user","content":"hi"}]}"#))
    }

    @Test func anErrorAnswer() async throws {
        let server = try RawServer(
            Self.answer(
                "500 Oops",
                #"{"error":{"message":"why"}}"#,
                "Retry-After: 3\r\nX-RateLimit-Remaining-Requests: 0\r\n"
            )
        )
        server.start()
        defer { server.stop() }
        let report = try await call(port: server.port)
        #expect(report.signals == RateSignals(requests: .init(remaining: 0)))
        let failure = try failure(report)
        #expect(failure.error == JobError(.providerServerError, "why"))
        #expect(failure.retryAfter == .seconds(3) && failure.mayHaveBeenSent)
        #expect(failure.response?.statusCode == 500)
    }

    @Test func nobodyListens() async throws {
        let report = try await call(port: try Loopback.freePort())
        #expect(report == CallReport(report.outcome))
        let failure = try failure(report)
        #expect(failure.error.errorClass == .providerConnectionFailed)
        #expect(!failure.mayHaveBeenSent && failure.response == nil)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":"])
    func theConnectionBreaks(_ text: String) async throws {
        let server = try RawServer(.cut(after: text))
        server.start()
        defer { server.stop() }
        let failure = try failure(try await call(port: server.port))
        #expect(failure.error.errorClass == .providerConnectionFailed)
        #expect(failure.mayHaveBeenSent && failure.response == nil)
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{\"id\"",
    ])
    func aGarbledAnswerIsTheProvidersFaultAndTriedAgain(_ text: String) async throws {
        let server = try RawServer(.answer(text))
        server.start()
        defer { server.stop() }
        let failure = try failure(try await call(port: server.port))
        #expect(failure.error.errorClass == .providerInvalidAnswer, "\(failure.error)")
        #expect(failure.error.errorClass.isRetryable && failure.mayHaveBeenSent)
    }

    @Test func noAnswerInTime() async throws {
        let server = try RawServer(.silence)
        server.start()
        defer { server.stop() }
        let failure = try failure(try await call(port: server.port, within: .milliseconds(300)))
        #expect(failure.error.errorClass == .providerTimeout)
        #expect(failure.mayHaveBeenSent)
    }

    @Test func anAbortedCall() async throws {
        let server = try RawServer(.silence)
        server.start()
        defer { server.stop() }
        let calling = Task { try await call(port: server.port) }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        calling.cancel()
        let failure = try failure(try await calling.value)
        #expect(failure.error.errorClass == .callerCancelled)
        #expect(failure.mayHaveBeenSent)
    }

    @Test func aBodyWithoutModelIsNotSent() async throws {
        let failure = try failure(try await call(port: 1, body: Array("{}".utf8)))
        #expect(failure.error.errorClass == .callerInvalidRequest && !failure.mayHaveBeenSent)
    }
}
