import JSON
import Penstock

/// Answers of `/v1/responses`.
enum ResponsesAnswer {
    static func make(_ request: SimulatedRequest, _ created: Timestamp) -> Answer {
        let completion = Completion(CompletionWish(request), dice: request.dice)
        let usage = request.usage(of: [completion])
        let isCut = completion.finish == .length
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("id", request.id("resp_"))
            writer.member("object", "response")
            writer.member("created_at", created.seconds)
            writer.member("status", isCut ? "incomplete" : "completed")
            writer.key("error")
            writer.null()
            writer.key("incomplete_details")
            if isCut { writer.object { $0.member("reason", "max_output_tokens") } } else { writer.null() }
            writer.member("model", request.model)
            writer.key("output")
            writer.array { write(completion, of: request, to: &$0) }
            writer.echo(request.root)
            writer.responsesUsage(usage)
        }
        return Answer(body: writer.bytes, usage: usage)
    }

    private static func write(_ completion: Completion, of request: SimulatedRequest, to writer: inout JSONWriter) {
        let status = completion.finish == .length ? "incomplete" : "completed"
        switch completion.content {
        case .text(let text):
            writer.object { writer in
                writer.member("type", "message")
                writer.member("id", request.id("msg_"))
                writer.member("status", status)
                writer.member("role", "assistant")
                writer.key("content")
                writer.array { writeText(text, to: &$0) }
            }
        case .toolCall(let name, let arguments):
            writer.object { writer in
                writer.member("type", "function_call")
                writer.member("id", request.id("fc_"))
                writer.member("call_id", request.id("call_"))
                writer.member("status", status)
                writer.member("name", name)
                writer.member("arguments", arguments)
            }
        }
    }

    private static func writeText(_ text: String, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("type", "output_text")
            writer.member("text", text)
            writer.key("annotations")
            writer.array { _ in }
        }
    }
}

extension JSONWriter {
    /// Repeats what the caller chose, or the default, as the API does.
    fileprivate mutating func echo(_ request: JSONValue) {
        let defaults = [
            ("instructions", "null"), ("max_output_tokens", "null"), ("metadata", "{}"),
            ("parallel_tool_calls", "true"), ("previous_response_id", "null"), ("store", "true"),
            ("temperature", "1.0"), ("text", #"{"format":{"type":"text"}}"#), ("tool_choice", #""auto""#),
            ("tools", "[]"), ("top_p", "1.0"), ("truncation", #""disabled""#),
        ]
        for (name, standard) in defaults {
            key(name)
            if let value = request[name] { raw(value.rawBytes) } else { raw(standard.utf8) }
        }
    }

    fileprivate mutating func responsesUsage(_ usage: Usage) {
        key("usage")
        object { writer in
            writer.member("input_tokens", usage.input)
            writer.key("input_tokens_details")
            writer.object { $0.member("cached_tokens", usage.cachedInput) }
            writer.member("output_tokens", usage.output)
            writer.key("output_tokens_details")
            writer.object { $0.member("reasoning_tokens", usage.reasoning) }
            writer.member("total_tokens", usage.input + usage.output)
        }
    }
}
