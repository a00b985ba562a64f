import JSON
import Penstock

/// Answers of `/v1/completions`: every prompt gets as many choices as are wanted.
enum TextCompletionAnswer {
    static func make(_ request: SimulatedRequest, _ created: Timestamp) -> Answer {
        var wish = CompletionWish(request)
        wish.tools = []
        wish.format = .text
        wish.choices *= promptCount(request.root["prompt"])
        let completions = request.completions(wish)
        let usage = request.usage(of: completions)
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("id", request.id("cmpl-"))
            writer.member("object", "text_completion")
            writer.member("created", created.seconds)
            writer.member("model", request.model)
            writer.key("choices")
            writer.array { writer in
                for (index, completion) in completions.enumerated() { write(completion, index, to: &writer) }
            }
            writer.completionUsage(usage)
            writer.member("system_fingerprint", "fp_simulator")
        }
        return Answer(body: writer.bytes, usage: usage)
    }

    /// A prompt is text or token numbers; an array of those is several. At most 256 are answered.
    private static func promptCount(_ prompt: JSONValue?) -> Int {
        guard let prompt, prompt.kind == .array, prompt.elements.first(where: { _ in true })?.kind != .number else {
            return 1
        }
        return min(256, prompt.count)
    }

    private static func write(_ completion: Completion, _ index: Int, to writer: inout JSONWriter) {
        guard case .text(let text) = completion.content else { return }
        writer.object { writer in
            writer.member("text", text)
            writer.member("index", index)
            writer.key("logprobs")
            writer.null()
            writer.member("finish_reason", completion.finish.rawValue)
        }
    }
}
