import JSON
import Penstock
import Testing

@testable import Simulator

@Suite struct MessagesTests {
    private func body(_ prompt: String = "Hi", _ more: String = "") -> [UInt8] {
        let rest = more.isEmpty ? "" : "," + more
        return Array(
            #"{"model":"claude","max_tokens":500,"messages":[{"role":"user","content":"\#(prompt)"}]\#(rest)}"#.utf8
        )
    }

    @Test func anAnswerHasAnthropicsShape() throws {
        let answer = try answer(body(), .messages)
        #expect(answer["type"]?.string == "message" && answer["role"]?.string == "assistant")
        #expect(answer["id"]?.string?.hasPrefix("msg_") == true)
        #expect(answer["stop_reason"]?.string == "end_turn")
        let block = try #require(answer["content"]?.first)
        #expect(block["type"]?.string == "text")
        let words = try #require(block["text"]?.string).split(separator: " ").count
        #expect(answer.path("usage", "output_tokens")?.int64 == Int64(words))
    }

    @Test func inputLeavesOutWhatTheCacheDid() throws {
        let long = String(repeating: "word ", count: 2000)
        for index in 0..<20 {
            let bytes = body("\(index) \(long)")
            let usage = try #require(try answer(bytes, .messages)["usage"])
            let parts = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"].map {
                usage[$0]?.int64
            }
            #expect(try parts.reduce(0) { $0 + (try #require($1)) } == Int64(request(bytes, .messages).inputTokens))
            #expect((parts[1] == 0) != (parts[2] == 0))
        }
    }

    @Test func toolsAndSchemasAreFollowed() throws {
        let schema =
            #"{"type":"object","properties":{"n":{"type":"integer","minimum":3,"maximum":3}},"required":["n"]}"#
        let call = try answer(
            body("Hi", #""tools":[{"name":"f","input_schema":\#(schema)}],"tool_choice":{"type":"any"}"#),
            .messages
        )
        #expect(call["stop_reason"]?.string == "tool_use")
        let block = try #require(call["content"]?.first)
        #expect(block["type"]?.string == "tool_use" && block["name"]?.string == "f")
        #expect(block.path("input", "n")?.int64 == 3)
        let format = #""output_config":{"format":{"type":"json_schema","schema":\#(schema)}}"#
        #expect(try answer(body("Hi", format), .messages)["content"]?.first?["text"]?.string == #"{"n":3}"#)
    }

    @Test func thinkingComesFirst() throws {
        let answer = try answer(body("Hi", #""thinking":{"type":"enabled","budget_tokens":1024}"#), .messages)
        let types = answer["content"]?.elements.compactMap { $0["type"]?.string }
        #expect(types == ["thinking", "text"] || types == ["thinking"])
        #expect(answer.path("usage", "output_tokens_details", "thinking_tokens")?.int64 ?? 0 >= 64)
    }

    @Test func aLimitOnTheOutputIsRequired() throws {
        let bytes = Array(#"{"model":"claude","messages":[{"role":"user","content":"x"}]}"#.utf8)
        #expect(throws: ProviderError.self) { try request(bytes, .messages) }
    }

    @Test(arguments: [
        (ProviderError.overloaded, 529, "overloaded_error"), (.insufficientQuota, 400, "invalid_request_error"),
        (.wrongKey(presented: true), 401, "authentication_error"), (.usual(404, model: "m"), 404, "not_found_error"),
        (.usual(429, model: "m"), 429, "rate_limit_error"), (.usual(500, model: "m"), 500, "api_error"),
        (.usual(529, model: "m"), 529, "overloaded_error"), (.tooLarge, 413, "request_too_large"),
        (.missing("messages"), 400, "invalid_request_error"),
    ])
    func errorsAreAnthropics(_ error: ProviderError, _ status: Int, _ type: String) throws {
        let translated = MessagesError(error, model: "m")
        #expect(translated.status == status && translated.type == type)
        let body = try JSONDocument(parsing: translated.body(requestID: "req_1")).root
        #expect(body["type"]?.string == "error" && body.path("error", "type")?.string == type)
        #expect(translated.shouldRetry == (status == 429 || status >= 500))
    }
}
