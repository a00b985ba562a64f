import JSON
import Penstock

/// A successful answer: what the caller reads, and what the call costs.
struct Answer: Sendable {
    var body: [UInt8]
    var usage: Usage

    /// The answer to a request; the same each time, but for the moment it was `created`.
    init(to request: SimulatedRequest, created: Timestamp) {
        switch request.endpoint {
        case .chatCompletions: self = ChatAnswer.make(request, created)
        case .completions: self = TextCompletionAnswer.make(request, created)
        case .responses: self = ResponsesAnswer.make(request, created)
        case .embeddings: self = EmbeddingsAnswer.make(request)
        case .messages: self = MessagesAnswer.make(request)
        }
    }

    init(body: [UInt8], usage: Usage) {
        self.body = body
        self.usage = usage
    }
}

extension SimulatedRequest {
    /// Half of the long inputs are found in the provider's cache, in steps of 128 tokens.
    var cachedTokens: Int {
        guard inputTokens >= 1024, dice.dice(for: .cache).number(below: 2) == 1 else { return 0 }
        return inputTokens / 2 / 128 * 128
    }

    /// Anthropic reports writes too: a quarter of the long inputs of which nothing was found there.
    var cacheWriteTokens: Int {
        guard endpoint == .messages, inputTokens >= 1024, cachedTokens == 0 else { return 0 }
        return inputTokens / 4 / 128 * 128
    }

    /// The usage of a call that generated these completions.
    func usage(of completions: [Completion]) -> Usage {
        Usage(
            input: inputTokens,
            cachedInput: cachedTokens,
            cacheWrite: cacheWriteTokens,
            output: completions.reduce(0) { $0 + $1.outputTokens },
            reasoning: completions.reduce(0) { $0 + $1.reasoningTokens }
        )
    }

    /// An id as this provider makes them, such as `chatcmpl-…`.
    func id(_ prefix: String, at index: Int = 0) -> String {
        let dice = dice.dice(for: .identity, index)
        return prefix + dice.hexadecimal(at: 0) + dice.hexadecimal(at: 1).prefix(8)
    }

    /// One completion per alternative that the caller wants.
    func completions(_ wish: CompletionWish) -> [Completion] {
        (0..<wish.choices).map { Completion(wish, dice: $0 == 0 ? dice : dice.dice(for: .words, $0)) }
    }
}

extension JSONWriter {
    /// Writes usage as chat completions and completions name it.
    mutating func completionUsage(_ usage: Usage) {
        key("usage")
        object { writer in
            writer.member("prompt_tokens", usage.input)
            writer.member("completion_tokens", usage.output)
            writer.member("total_tokens", usage.input + usage.output)
            writer.key("prompt_tokens_details")
            writer.object { $0.member("cached_tokens", usage.cachedInput) }
            writer.key("completion_tokens_details")
            writer.object { $0.member("reasoning_tokens", usage.reasoning) }
        }
    }
}
