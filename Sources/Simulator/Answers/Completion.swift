import JSON

/// One generated answer.
struct Completion {
    enum Content: Equatable {
        case text(String)
        /// A call of one of the caller's functions; the arguments are JSON text.
        case toolCall(name: String, arguments: String)
    }

    /// Why generation ended, as chat completions call it.
    enum Finish: String {
        case stop, length
        case toolCalls = "tool_calls"
    }

    var content: Content
    var finish: Finish
    /// All output tokens, reasoning included.
    var outputTokens: Int
    var reasoningTokens: Int

    /// Generates the answer that `dice` lead to.
    init(_ wish: CompletionWish, dice: Dice) {
        let limit = wish.maxOutputTokens ?? .max
        reasoningTokens =
            wish.reasons ? min(limit - 1, 64 * (1 + dice.dice(for: .outputLength).number(below: 8, at: 1))) : 0
        let available = limit - reasoningTokens
        let generated: Generated
        if let tool = Self.toolToCall(wish, dice) {
            generated = .arguments(of: tool, dice, limit: available)
            content = .toolCall(name: tool.name, arguments: generated.text)
        } else {
            generated = .answer(wish.format, dice, limit: available)
            content = .text(generated.text)
        }
        outputTokens = reasoningTokens + generated.tokens
        finish = generated.isCut ? .length : content.naturalFinish
    }

    private static func toolToCall(_ wish: CompletionWish, _ dice: Dice) -> CompletionWish.Tool? {
        guard !wish.tools.isEmpty else { return nil }
        let dice = dice.dice(for: .toolCall)
        let any = wish.tools[dice.number(below: wish.tools.count, at: 1)]
        switch wish.toolChoice {
        case .none: return nil
        case .required: return any
        case .named(let name): return wish.tools.first { $0.name == name }
        // A model that may call functions does so in about one of three answers.
        case .auto: return dice.number(below: 3) == 0 ? any : nil
        }
    }
}

extension Completion.Content {
    fileprivate var naturalFinish: Completion.Finish {
        switch self {
        case .text: .stop
        case .toolCall: .toolCalls
        }
    }
}

/// Text and what it counts for.
private struct Generated {
    var text: String
    var tokens: Int
    var isCut: Bool

    static func answer(_ format: CompletionWish.Format, _ dice: Dice, limit: Int) -> Generated {
        switch format {
        case .text: words(dice, limit: limit)
        case .jsonObject: json(#"{"answer":"\#(AnswerText.words(8, dice))"}"#, limit: limit)
        case .schema(let schema): json(SchemaSample.text(of: schema, dice: dice), limit: limit)
        }
    }

    static func arguments(of tool: CompletionWish.Tool, _ dice: Dice, limit: Int) -> Generated {
        json(tool.parameters.map { SchemaSample.text(of: $0, dice: dice) } ?? "{}", limit: limit)
    }

    /// A word counts as a token.
    private static func words(_ dice: Dice, limit: Int) -> Generated {
        let natural = 16 + dice.dice(for: .outputLength).number(below: 240)
        let count = min(natural, limit)
        return Generated(text: AnswerText.words(count, dice), tokens: count, isCut: natural > limit)
    }

    /// Four bytes count as a token; what is too long ends in the middle, as it does at a provider.
    private static func json(_ text: String, limit: Int) -> Generated {
        let tokens = (text.utf8.count + 3) / 4
        guard tokens > limit else { return Generated(text: text, tokens: tokens, isCut: false) }
        return Generated(text: String(decoding: text.utf8.prefix(4 * limit), as: UTF8.self), tokens: limit, isCut: true)
    }
}
