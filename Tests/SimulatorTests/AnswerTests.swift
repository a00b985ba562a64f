import JSON
import Penstock
import Testing

@testable import Simulator

@Suite struct AnswerTests {
    @Test func aChatAnswerHasOpenAIsShape() throws {
        let answer = try answer(chat("Hello"))
        #expect(answer["id"]?.string?.hasPrefix("chatcmpl-") == true)
        #expect(answer["object"]?.string == "chat.completion")
        #expect(answer["created"]?.int64 == 1_700_000_000)
        #expect(answer["model"]?.string == "gpt-4o-mini")
        let choice = try #require(answer["choices"]?.first)
        #expect(choice["index"]?.int64 == 0)
        #expect(choice["finish_reason"]?.string == "stop")
        #expect(choice.path("message", "role")?.string == "assistant")
        #expect(choice.path("message", "refusal")?.isNull == true)
        let words = try #require(choice.path("message", "content")?.string).split(separator: " ").count
        let usage = try #require(answer["usage"])
        #expect(usage["completion_tokens"]?.int64 == Int64(words))
        #expect(usage["prompt_tokens"]?.int64 == 8)
        #expect(usage["total_tokens"]?.int64 == Int64(words + 8))
        #expect(usage.path("prompt_tokens_details", "cached_tokens")?.int64 == 0)
        #expect(usage.path("completion_tokens_details", "reasoning_tokens")?.int64 == 0)
    }

    @Test func theSameRequestHasTheSameAnswerAndAnotherOneAnother() throws {
        let first = Answer(to: try request(chat("Hello")), created: Timestamp(milliseconds: 5000))
        #expect(first.body == Answer(to: try request(chat("Hello")), created: Timestamp(milliseconds: 5000)).body)
        #expect(try answer(chat("Hello"))["id"]?.string != answer(chat("Hullo"))["id"]?.string)
    }

    @Test(arguments: ["max_tokens", "max_completion_tokens"]) func outputIsCutAtTheLimit(name: String) throws {
        let answer = try answer(chat("Hello", #""\#(name)":5"#))
        #expect(answer.path("usage", "completion_tokens")?.int64 == 5)
        #expect(answer["choices"]?.first?["finish_reason"]?.string == "length")
        let text = answer["choices"]?.first?.path("message", "content")?.string
        #expect(text?.split(separator: " ").count == 5)
    }

    @Test func alternativesDifferAndAreAllPaidFor() throws {
        let choices = try #require(try answer(chat("Hello", #""n":3"#))["choices"])
        #expect(Set(choices.elements.compactMap { $0.path("message", "content")?.string }).count == 3)
        #expect(choices.elements.compactMap { $0["index"]?.int64 } == [0, 1, 2])
        let single = try answer(chat("Hello", #""n":3,"max_tokens":4"#))
        #expect(single.path("usage", "completion_tokens")?.int64 == 12)
    }

    @Test func reasoningModelsThink() throws {
        let body = Array(#"{"model":"o4-mini","messages":[{"role":"user","content":"Hi"}]}"#.utf8)
        let usage = try #require(try answer(body)["usage"])
        let reasoning = try #require(usage.path("completion_tokens_details", "reasoning_tokens")?.int64)
        #expect(reasoning >= 64)
        #expect(try #require(usage["completion_tokens"]?.int64) > reasoning)
    }

    @Test func someLongInputsAreCached() throws {
        let cached = try (0..<40).map { index in
            let long = String(repeating: "word ", count: 2000)
            let usage = try answer(chat("\(index) \(long)"))["usage"]
            return try #require(usage?.path("prompt_tokens_details", "cached_tokens")?.int64)
        }
        #expect(Set(cached) == [0, 1152])
    }

    @Test func toolsAreCalledWhenRequiredAndSometimesWhenAllowed() throws {
        let tools =
            #""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","#
            + #""properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":3,"maximum":3}},"#
            + #""required":["city","days"]}}}]"#
        let required = try answer(chat("Hi", tools + #","tool_choice":"required""#))
        let choice = try #require(required["choices"]?.first)
        #expect(choice["finish_reason"]?.string == "tool_calls")
        #expect(choice.path("message", "content")?.isNull == true)
        let call = try #require(choice.path("message", "tool_calls")?.first)
        #expect(call["id"]?.string?.hasPrefix("call_") == true)
        #expect(call.path("function", "name")?.string == "f")
        let text = try #require(call.path("function", "arguments")?.string)
        let arguments = try JSONDocument(parsing: Array(text.utf8)).root
        #expect(arguments["city"]?.kind == .string && arguments["days"]?.int64 == 3)

        let finishes = try (0..<60).map {
            try answer(chat("Hi \($0)", tools))["choices"]?.first?["finish_reason"]?.string
        }
        #expect((8...35).contains(finishes.count { $0 == "tool_calls" }))
        let none = try (0..<20).map { index in
            try answer(chat("Hi \(index)", tools + #","tool_choice":"none""#))["choices"]?.first?["finish_reason"]?
                .string
        }
        #expect(none.allSatisfy { $0 == "stop" })
    }

    @Test func completionsAnswerEveryPrompt() throws {
        let body = Array(#"{"model":"m","prompt":["a","b"],"n":2,"max_tokens":3}"#.utf8)
        let answer = try answer(body, .completions)
        #expect(answer["object"]?.string == "text_completion")
        #expect(answer["choices"]?.count == 4)
        #expect(answer.path("usage", "completion_tokens")?.int64 == 12)
    }

    @Test func responsesAnswerTextAndSayWhenTheyAreCut() throws {
        let whole = try answer(Array(#"{"model":"m","input":"Hello","temperature":0.5}"#.utf8), .responses)
        #expect(whole["object"]?.string == "response" && whole["status"]?.string == "completed")
        #expect(whole["temperature"]?.double == 0.5)
        #expect(whole["output"]?.first?["content"]?.first?["type"]?.string == "output_text")
        #expect(whole.path("usage", "input_tokens")?.int64 == 1)
        let cut = try answer(Array(#"{"model":"m","input":"Hello","max_output_tokens":2}"#.utf8), .responses)
        #expect(cut["status"]?.string == "incomplete")
        #expect(cut.path("incomplete_details", "reason")?.string == "max_output_tokens")
        #expect(cut.path("usage", "output_tokens")?.int64 == 2)
    }

    @Test func responsesCallFunctionsAndKeepToSchemas() throws {
        let function =
            #""tools":[{"type":"function","name":"f","parameters":{"type":"object"}}],"tool_choice":"required""#
        let called = try answer(Array(#"{"model":"m","input":"Hello",\#(function)}"#.utf8), .responses)
        #expect(called["output"]?.first?["type"]?.string == "function_call")
        #expect(called["output"]?.first?["arguments"]?.string == "{}")
        let format = #""text":{"format":{"type":"json_schema","name":"s","schema":{"const":[1]}}}"#
        let formatted = try answer(Array(#"{"model":"m","input":"Hello",\#(format)}"#.utf8), .responses)
        #expect(formatted["output"]?.first?["content"]?.first?["text"]?.string == "[1]")
    }

    @Test func embeddingsAreUnitVectorsOfTheirInput() throws {
        let body = Array(#"{"model":"m","input":["a","b","a"],"dimensions":24}"#.utf8)
        let data = try #require(try answer(body, .embeddings)["data"])
        let vectors = data.elements.map { $0["embedding"]?.elements.compactMap(\.double) ?? [] }
        #expect(vectors.map(\.count) == [24, 24, 24])
        for vector in vectors { #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5) }
        #expect(vectors[0] == vectors[2] && vectors[0] != vectors[1])
        let single = try answer(Array(#"{"model":"m","input":"a"}"#.utf8), .embeddings)
        #expect(single["data"]?.first?["embedding"]?.count == 16)
    }

    @Test func embeddingsComeInBase64WhenAskedFor() throws {
        let body = Array(#"{"model":"m","input":[1,2],"encoding_format":"base64","dimensions":1}"#.utf8)
        let embedding = try answer(body, .embeddings)["data"]?.first?["embedding"]?.string
        // 1.0 or -1.0 as a little-endian float.
        #expect(embedding == "AACAPw==" || embedding == "AACAvw==")
        #expect(
            ["", "f", "fo", "foo", "foob"].map { Base64.text(of: Array($0.utf8)) } == [
                "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==",
            ]
        )
    }

    @Test(
        arguments: [
            ("{", SimulatedAPI.chatCompletions, nil), ("[]", .chatCompletions, nil), ("{}", .chatCompletions, nil),
            (#"{"model":"m"}"#, .chatCompletions, "messages"),
            (#"{"model":"m","messages":"x"}"#, .chatCompletions, "messages"),
            (#"{"model":"m","messages":[]}"#, .chatCompletions, "messages"), (#"{"model":"m"}"#, .embeddings, "input"),
            (#"{"model":"m","prompt":1}"#, .completions, "prompt"),
            (#"{"model":"m","input":"x","stream":true}"#, .responses, "stream"),
            (#"{"model":"m","input":"[simulate:nonsense]"}"#, .responses, nil),
        ] as [(String, SimulatedAPI, String?)]
    )
    func aBadRequestIsAnswered400(body: String, endpoint: SimulatedAPI, param: String?) throws {
        let error = try #require(throws: ProviderError.self) { try request(Array(body.utf8), endpoint) }
        #expect(error.status == 400 && error.type == "invalid_request_error" && error.param == param)
    }
}
