import JSON
import Penstock

/// Answers of `/v1/chat/completions`.
enum ChatAnswer {
    static func make(_ request: SimulatedRequest, _ created: Timestamp) -> Answer {
        let completions = request.completions(CompletionWish(request))
        let usage = request.usage(of: completions)
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("id", request.id("chatcmpl-"))
            writer.member("object", "chat.completion")
            writer.member("created", created.seconds)
            writer.member("model", request.model)
            writer.key("choices")
            writer.array { writer in
                for (index, completion) in completions.enumerated() {
                    write(completion, index, callID: request.id("call_", at: index), to: &writer)
                }
            }
            writer.completionUsage(usage)
            writer.member("service_tier", "default")
            writer.member("system_fingerprint", "fp_simulator")
        }
        return Answer(body: writer.bytes, usage: usage)
    }

    private static func write(_ completion: Completion, _ index: Int, callID: String, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("index", index)
            writer.key("message")
            writer.object { writer in
                writer.member("role", "assistant")
                writeContent(of: completion, callID: callID, to: &writer)
                writer.key("refusal")
                writer.null()
            }
            writer.key("logprobs")
            writer.null()
            writer.member("finish_reason", completion.finish.rawValue)
        }
    }

    private static func writeContent(of completion: Completion, callID: String, to writer: inout JSONWriter) {
        writer.key("content")
        switch completion.content {
        case .text(let text): writer.string(text)
        case .toolCall(let name, let arguments):
            writer.null()
            writer.key("tool_calls")
            writer.array { writer in
                writer.object { writer in
                    writer.member("id", callID)
                    writer.member("type", "function")
                    writer.key("function")
                    writer.object { writer in
                        writer.member("name", name)
                        writer.member("arguments", arguments)
                    }
                }
            }
        }
    }
}
