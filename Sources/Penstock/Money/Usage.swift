/// Tokens of one call as the provider reported them.
package struct Usage: Sendable, Equatable {
    /// All input tokens, cached ones included.
    package var input: Int
    /// The part of `input` that was read from the provider's cache.
    package var cachedInput: Int
    /// The part of `input` that was written to the provider's cache; none of it is in `cachedInput`.
    package var cacheWrite: Int
    /// All output tokens, reasoning included.
    package var output: Int
    /// The part of `output` that was reasoning.
    package var reasoning: Int

    package init(input: Int, cachedInput: Int = 0, cacheWrite: Int = 0, output: Int, reasoning: Int = 0) {
        self.input = input
        self.cachedInput = cachedInput
        self.cacheWrite = cacheWrite
        self.output = output
        self.reasoning = reasoning
    }

    package static let zero = Usage(input: 0, output: 0)

    package static func + (left: Usage, right: Usage) -> Usage {
        Usage(
            input: left.input + right.input,
            cachedInput: left.cachedInput + right.cachedInput,
            cacheWrite: left.cacheWrite + right.cacheWrite,
            output: left.output + right.output,
            reasoning: left.reasoning + right.reasoning
        )
    }
}
