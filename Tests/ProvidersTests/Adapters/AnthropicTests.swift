import FoundationEssentials
import JSON
import Penstock
import TestSupport
import Testing

@testable import Providers

@Suite(.timeLimit(.minutes(1)))
struct AnthropicTests {
    @Test func thereAreCases() {
        #expect(AdapterCase.names.count > 50)
    }

    @Test(arguments: AdapterCase.names)
    func inProcess(_ name: String) async throws {
        let adapter = try #require(Sample.anthropic)
        let expected = try AdapterCase(name)
        do {
            let output = try await Self.run(expected, adapter)
            try Self.compare(output, expected)
        } catch let error as Untranslated {
            #expect(error.error.message == expected.refusal)
            #expect(
                error.error.errorClass == (expected.call == "request" ? .callerInvalidRequest : .providerInvalidAnswer)
            )
        }
    }

    /// The same files work with the command-line tool, so that an adapter can be written with it.
    @Test(arguments: AdapterCase.names)
    func withTheCommandLineTool(_ name: String) async throws {
        let expected = try AdapterCase(name)
        let directory = try TemporaryDirectory()
        let (input, output) = (directory.file("input"), directory.file("output"))
        #expect(FileManager.default.createFile(atPath: input, contents: Data(expected.input)))
        let program = #"include "anthropic"; \#(expected.call)"#
        let jq = try ChildProcess("jq", ["-c", "-L", AdapterCase.adapters, program, input], output: output)
        let status = try await jq.wait()
        let text = Array(try #require(FileManager.default.contents(atPath: output)))
        if let refusal = expected.refusal {
            #expect(status == .exited(5))
            #expect(String(decoding: text, as: UTF8.self).contains(refusal.replacing("\"", with: "\\\"")))
        } else {
            #expect(status == .exited(0), "\(String(decoding: text, as: UTF8.self))")
            try Self.compare(text, expected)
        }
        try await directory.remove()
    }

    private static func run(_ expected: AdapterCase, _ adapter: AdapterRun) async throws -> [UInt8] {
        switch expected.call {
        case "request": return try await adapter.request(expected.input)
        case "response": return try await adapter.response(expected.input).body
        case "failure":
            let root = try JSONDocument(parsing: expected.input).root
            let body = Array(try #require(root["body"]).rawBytes)
            let status = Int(try #require(root["status"]?.int64))
            return try #require(await adapter.failure(status: status, body: body))
        default:
            // Usage alone is no message: it comes with a whole answer.
            let usage = try JSONDocument(parsing: expected.input).root["usage"]
            let text = String(decoding: usage?.rawBytes ?? [], as: UTF8.self)
            let answer = Array(#"{"type":"message","content":[],"usage":\#(text)}"#.utf8)
            return try Self.text(of: await adapter.response(answer).usage)
        }
    }

    private static func text(of usage: Usage?) throws -> [UInt8] {
        let usage = try #require(usage)
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("input", usage.input)
            writer.member("cached_input", usage.cachedInput)
            writer.member("cache_write", usage.cacheWrite)
            writer.member("output", usage.output)
            writer.member("reasoning", usage.reasoning)
        }
        return writer.bytes
    }

    /// `created` is the moment of the translation.
    private static func compare(_ output: [UInt8], _ expected: AdapterCase) throws {
        let wanted = Canonical.text(try #require(expected.output, "\(String(decoding: output, as: UTF8.self))"))
        #expect(try Canonical.text(output, without: "created") == wanted)
        if expected.call == "response" {
            #expect(try #require(JSONDocument(parsing: output).root["created"]?.int64) > 1_700_000_000)
        }
    }

    @Test(arguments: [
        ("failure-rate-limit", ErrorClass.providerRateLimited), ("failure-overloaded", .providerOverloaded),
        ("failure-billing", .providerQuotaExhausted), ("failure-spend-limit", .providerQuotaExhausted),
        ("failure-context", .callerContextTooLong),
        ("failure-key", .providerAuthFailed), ("failure-invalid", .callerInvalidRequest),
        ("failure-server", .providerServerError), ("failure-unknown-model", .callerModelUnknown),
    ])
    func classesOfErrors(_ name: String, _ expected: ErrorClass) async throws {
        let root = try JSONDocument(parsing: try AdapterCase(name).input).root
        let outcome = await AdaptedCaller.read(
            status: Int(try #require(root["status"]?.int64)),
            body: Array(try #require(root["body"]).rawBytes),
            through: try #require(Sample.anthropic),
            at: Sample.now,
            header: { ["x-should-retry": "false", "request-id": "req_9", "retry-after": "3"][$0] }
        )
        guard case .failed(let failure) = outcome else { Issue.record("\(outcome)"); return }
        #expect(failure.error.errorClass == expected)
        #expect(failure.refusesRetry && failure.retryAfter == .seconds(3) && failure.response?.requestID == "req_9")
        let body = try JSONDocument(parsing: try #require(failure.response?.body)).root
        #expect(body.path("error", "message")?.string == failure.error.message)
        #expect(body.count == 1)
    }

    @Test func whatIsNoMessageIsReadAsItCame() async throws {
        let adapter = try #require(Sample.anthropic)
        func read(_ status: Int, _ body: String) async -> CallOutcome {
            await AdaptedCaller.read(
                status: status,
                body: Array(body.utf8),
                through: adapter,
                at: Sample.now,
                header: { _ in nil }
            )
        }
        let html = await read(502, "<html>")
        guard case .failed(let failure) = html else { Issue.record("\(html)"); return }
        #expect(failure.error.errorClass == .providerServerError)
        // Nothing that the program expects: still an error answer of its status.
        let odd = await read(503, #"{"error":5}"#)
        guard case .failed(let failure) = odd else { Issue.record("\(odd)"); return }
        #expect(failure.error.errorClass == .providerOverloaded)
        let good = await read(200, "[]")
        guard case .failed(let failure) = good else { Issue.record("\(good)"); return }
        #expect(failure.error.errorClass == .providerInvalidAnswer && failure.response == nil)
    }

    @Test func aCallersWordsDoNotStopTheTarget() async throws {
        let said = "messages.0.content: 'Your credit balance is too low; api usage limits' is not allowed"
        let body = #"{"type":"error","error":{"type":"invalid_request_error","message":"\#(said)"}}"#
        let outcome = await AdaptedCaller.read(
            status: 400,
            body: Array(body.utf8),
            through: try #require(Sample.anthropic),
            at: Sample.now,
            header: { _ in nil }
        )
        guard case .failed(let failure) = outcome else { Issue.record("\(outcome)"); return }
        #expect(failure.error.errorClass == .callerInvalidRequest)
    }

    @Test func theWordsOfTheOriginalTellWhenToComeBack() async throws {
        let details = #"[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"20s"}]"#
        let body = #"{"type":"error","error":{"type":"rate_limit_error","message":"no","details":\#(details)}}"#
        let outcome = await AdaptedCaller.read(
            status: 429,
            body: Array(body.utf8),
            through: try #require(Sample.anthropic),
            at: Sample.now,
            header: { _ in nil }
        )
        guard case .failed(let failure) = outcome else { Issue.record("\(outcome)"); return }
        #expect(failure.error.errorClass == .providerRateLimited && failure.retryAfter == .seconds(21))
    }
}
