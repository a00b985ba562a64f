import JSON
import Penstock

/// Answers of Anthropic's `/v1/messages`.
enum MessagesAnswer {
    static func make(_ request: SimulatedRequest) -> Answer {
        let completion = Completion(CompletionWish(request), dice: request.dice)
        let usage = request.usage(of: [completion])
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("model", request.model)
            writer.member("id", request.id("msg_"))
            writer.member("type", "message")
            writer.member("role", "assistant")
            writer.key("content")
            writer.array { write(completion, of: request, to: &$0) }
            writer.member("stop_reason", stopReason(of: completion))
            writer.key("stop_sequence")
            writer.null()
            writer.messagesUsage(usage)
        }
        return Answer(body: writer.bytes, usage: usage)
    }

    private static func write(_ completion: Completion, of request: SimulatedRequest, to writer: inout JSONWriter) {
        if completion.reasoningTokens > 0 {
            writer.object { writer in
                writer.member("type", "thinking")
                writer.member("thinking", AnswerText.words(completion.reasoningTokens, request.dice))
                writer.member("signature", request.id("sig_"))
            }
        }
        writer.object { writer in
            switch completion.content {
            case .text(let text):
                writer.member("type", "text")
                writer.member("text", text)
            case .toolCall(let name, let arguments):
                writer.member("type", "tool_use")
                writer.member("id", request.id("toolu_"))
                writer.member("name", name)
                writer.key("input")
                // Arguments that were cut are no JSON any more.
                writer.raw((completion.finish == .length ? "{}" : arguments).utf8)
            }
        }
    }

    private static func stopReason(of completion: Completion) -> String {
        switch completion.finish {
        case .stop: "end_turn"
        case .length: "max_tokens"
        case .toolCalls: "tool_use"
        }
    }
}

extension JSONWriter {
    /// Input leaves out what was read from the cache or written to it.
    fileprivate mutating func messagesUsage(_ usage: Usage) {
        key("usage")
        object { writer in
            writer.member("input_tokens", usage.input - usage.cachedInput - usage.cacheWrite)
            writer.member("cache_creation_input_tokens", usage.cacheWrite)
            writer.member("cache_read_input_tokens", usage.cachedInput)
            writer.key("cache_creation")
            writer.object { writer in
                writer.member("ephemeral_5m_input_tokens", usage.cacheWrite)
                writer.member("ephemeral_1h_input_tokens", 0)
            }
            writer.member("output_tokens", usage.output)
            writer.key("output_tokens_details")
            writer.object { $0.member("thinking_tokens", usage.reasoning) }
            writer.member("service_tier", "standard")
        }
    }
}
