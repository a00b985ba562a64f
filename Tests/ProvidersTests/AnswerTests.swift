import JSON
import Penstock
import Testing

@testable import Providers

struct AnswerTests {
    @Test(arguments: [
        ("openai--chat-basic--0", Usage(input: 8, output: 377, reasoning: 320)),
        ("openai--chat-detailed-usage--0", Usage(input: 12, output: 100, reasoning: 100)),
        ("openai--chat-tools--0", Usage(input: 162, output: 287, reasoning: 256)),
        ("openai--embeddings-basic--0", Usage(input: 7, output: 0)),
        ("openai--embeddings-max-tokens--0", Usage(input: 1139, output: 0)),
        ("openai--completion-basic--0", Usage(input: 31, output: 25)),
        ("openai_chat_reasoning_01", Usage(input: 11, output: 809, reasoning: 768)),
        ("openai_responses_reasoning_01", Usage(input: 314, output: 2737, reasoning: 2112)),
    ])
    func usageOfRecordedAnswers(_ name: String, _ expected: Usage) throws {
        let golden = try Golden(name)
        guard case .succeeded(let response, let usage) = golden.outcome() else {
            Issue.record("\(golden.outcome())")
            return
        }
        #expect(usage == expected)
        #expect(response.statusCode == 200)
        #expect(response.body == golden.body)
    }

    @Test func cachedTokensAreAPartOfTheInput() throws {
        guard case .succeeded(_, let usage?) = try Golden("openai_chat_cached_01").outcome() else {
            Issue.record("no usage")
            return
        }
        #expect(usage.input == 4020 && usage.output == 4)
        #expect(usage.cachedInput > 3000 && usage.cachedInput <= usage.input)
    }

    @Test(arguments: [
        ("openai--chat-unknown-model--0", ErrorClass.callerModelUnknown),
        ("openai--chat-bad-request--0", .callerInvalidRequest),
        ("openai--chat-no-messages--0", .callerInvalidRequest),
        ("openai--chat-auth-error", .providerAuthFailed),
        ("openai--context-length", .callerContextTooLong),
        ("deepseek--context-length", .callerInvalidRequest),
        ("openai_chat_error_01", .callerModelUnknown),
        ("openai_responses_error_01", .callerInvalidRequest),
        ("compat_groq_error_01", .callerModelUnknown),
        ("compat_openrouter_error_01", .providerRateLimited),
    ])
    func classesOfRecordedErrors(_ name: String, _ expected: ErrorClass) throws {
        let golden = try Golden(name)
        guard case .failed(let failure) = golden.outcome() else {
            Issue.record("\(golden.outcome())")
            return
        }
        #expect(failure.error.errorClass == expected)
        #expect(!failure.error.message.hasPrefix("The provider answered"))
        #expect(failure.mayHaveBeenSent)
        #expect(failure.response?.statusCode == golden.status && failure.response?.body == golden.body)
    }

    @Test func theProvidersRequestIDIsKept() throws {
        guard case .succeeded(let response, _) = try Golden("openai--chat-basic--0").outcome() else {
            Issue.record("no answer")
            return
        }
        #expect(response.requestID == "req_ff7b0a8af7a14d1bbe00df50025271ca")
    }

    @Test(arguments: [
        (401, ErrorClass.providerAuthFailed), (402, .providerQuotaExhausted), (403, .providerAuthFailed),
        (404, .callerModelUnknown), (408, .providerTimeout), (409, .providerServerError),
        (413, .callerInvalidRequest), (422, .callerInvalidRequest), (425, .providerServerError),
        (429, .providerRateLimited), (500, .providerServerError), (502, .providerServerError),
        (503, .providerOverloaded), (504, .providerTimeout), (529, .providerOverloaded), (302, .providerInvalidAnswer),
    ])
    func theStatusDecidesWhereNothingIsDeclared(_ status: Int, _ expected: ErrorClass) {
        let html = Array("<html>no</html>".utf8)
        let outcome = AnswerReader.read(status: status, body: html, at: Sample.now, header: { _ in nil })
        guard case .failed(let failure) = outcome else { Issue.record("\(outcome)"); return }
        #expect(failure.error.errorClass == expected)
        // What is no JSON is kept as a JSON text, so that results always are JSON.
        #expect(failure.response?.body == Array(#""<html>no</html>""#.utf8))
    }

    @Test(arguments: [
        (#"{"error":{"code":"insufficient_quota","type":"insufficient_quota"}}"#, ErrorClass.providerQuotaExhausted),
        (#"{"error":{"code":null,"type":"insufficient_quota"}}"#, .providerQuotaExhausted),
        (#"{"error":{"code":"rate_limit_exceeded","message":"slow"}}"#, .providerRateLimited),
        (#"{"error":{"code":429}}"#, .providerRateLimited),
        (#"{"error":"busy"}"#, .providerRateLimited),
        (#"["busy"]"#, .providerRateLimited), ("[]", .providerRateLimited),
        (#"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}]"#, .providerRateLimited),
        (#"{"error":{"message":"You exceeded your current quota, please check your plan"}}"#, .providerRateLimited),
        (#"{"error":{"message":"Your credit balance is too low to access the API."}}"#, .providerQuotaExhausted),
        (#"{"error":{"message":"Invalid: 'Your credit balance is too low'"}}"#, .providerRateLimited),
        (
            #"{"error":{"code":"rate_limit_exceeded","type":"tokens","message":"Request too large for x: Limit 1"}}"#,
            .callerContextTooLong
        ),
    ])
    func whatIsDeclaredBeatsTheStatus(_ body: String, _ expected: ErrorClass) throws {
        #expect(
            ErrorReader.classify(status: 429, body: try JSONDocument(parsing: Array(body.utf8)).root).errorClass
                == expected
        )
    }

    @Test(arguments: [
        (#"{"error":{"message":"why"}}"#, "why"), (#"{"error":"why"}"#, "why"), (#"{"message":"why"}"#, "why"),
        (#"{}"#, "The provider answered 500."),
    ])
    func theProvidersOwnWordsAreKept(_ body: String, _ expected: String) throws {
        #expect(
            ErrorReader.classify(status: 500, body: try JSONDocument(parsing: Array(body.utf8)).root).message
                == expected
        )
    }

    @Test func aLongMessageIsCut() throws {
        let body = try JSONDocument(parsing: Array(#"{"message":"\#(String(repeating: "é", count: 5000))"}"#.utf8)).root
        #expect(ErrorReader.classify(status: 500, body: body).message.count == 1000)
    }

    @Test(arguments: ["", "hello", "[1]", #"{"a":"#, "null"])
    func aGoodStatusWithoutAJSONObjectIsNoAnswer(_ body: String) {
        let outcome = AnswerReader.read(status: 200, body: Array(body.utf8), at: Sample.now, header: { _ in nil })
        guard case .failed(let failure) = outcome else { Issue.record("\(outcome)"); return }
        #expect(failure.error.errorClass == .providerInvalidAnswer)
        #expect(failure.response == nil && failure.mayHaveBeenSent)
    }

    @Test(arguments: [
        #"{}"#, #"{"usage":null}"#, #"{"usage":[]}"#, #"{"usage":{}}"#, #"{"usage":{"prompt_tokens":-1}}"#,
        #"{"usage":{"prompt_tokens":1.5}}"#, #"{"usage":{"prompt_tokens":99999999999999}}"#,
    ])
    func usageThatMakesNoSenseIsUnknown(_ body: String) {
        let outcome = AnswerReader.read(status: 200, body: Array(body.utf8), at: Sample.now, header: { _ in nil })
        guard case .succeeded(_, let usage) = outcome else { Issue.record("\(outcome)"); return }
        #expect(usage == nil)
    }

    @Test func partsAreNeverLargerThanTheWhole() throws {
        let text =
            #"{"prompt_tokens":5,"completion_tokens":6,"prompt_tokens_details":{"cached_tokens":50},"#
            + #""completion_tokens_details":{"reasoning_tokens":60}}"#
        let usage = UsageReader.read(try JSONDocument(parsing: Array(text.utf8)).root)
        #expect(usage == Usage(input: 5, cachedInput: 5, output: 6, reasoning: 6))
    }
}

struct BodyTests {
    private func target(_ model: String?) -> Target {
        Target(
            name: "t",
            provider: "p",
            baseURL: "http://127.0.0.1",
            apiKey: nil,
            model: model,
            limitGroups: [],
            maxConcurrency: nil,
            timeout: .seconds(1),
            price: nil
        )
    }

    private func body(_ text: String, _ model: String?) -> String? {
        OpenAICompatibleCaller.body(Array(text.utf8), for: target(model)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func onlyTheModelChanges() {
        let text = #" { "a" : 1.0e2 , "model" : "al\u0069as", "b":[12345678901234567890, "model"],"\u006dore":"é"} "#
        #expect(
            body(text, "gpt \"5\"")
                == #" { "a" : 1.0e2 , "model" : "gpt \"5\"", "b":[12345678901234567890, "model"],"\u006dore":"é"} "#
        )
        #expect(body(text, nil) == text)
        #expect(body(text, "alias") == text)
    }

    @Test func anInnerModelIsLeftAlone() {
        #expect(body(#"{"x":{"model":"a"},"model":"a"}"#, "b") == #"{"x":{"model":"a"},"model":"b"}"#)
    }

    @Test(arguments: ["", "[]", "{}", "{", #""model""#])
    func whatHasNoModelIsNotSent(_ text: String) {
        #expect(body(text, "b") == nil)
    }

    @Test func recordedRequestsStayTheSame() throws {
        let golden = try Golden("openai--chat-tools--0")
        let model = try #require(try JSONDocument(parsing: golden.requestBody).root["model"]?.string)
        let there = try #require(OpenAICompatibleCaller.body(golden.requestBody, for: target("other")))
        #expect(there != golden.requestBody)
        #expect(OpenAICompatibleCaller.body(there, for: target(model)) == golden.requestBody)
    }
}
