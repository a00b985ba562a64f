/// The APIs that the simulator speaks, by their paths.
enum SimulatedAPI: String, Sendable, CaseIterable {
    case chatCompletions = "/v1/chat/completions"
    case completions = "/v1/completions"
    case embeddings = "/v1/embeddings"
    case responses = "/v1/responses"
    /// Anthropic's; the others are OpenAI's.
    case messages = "/v1/messages"
}
