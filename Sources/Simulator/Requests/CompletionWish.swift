import JSON
import Penstock

/// What a request wants to be generated, read from any of the dialects.
struct CompletionWish {
    enum Format {
        case text, jsonObject
        /// Text that is JSON fitting this JSON Schema.
        case schema(JSONValue)
    }

    /// A function that the model may call.
    struct Tool {
        var name: String
        /// The JSON Schema of its arguments.
        var parameters: JSONValue?
    }

    enum ToolChoice: Equatable {
        case none, auto, required
        case named(String)
    }

    /// The most output tokens that the caller pays for; nil is no bound.
    var maxOutputTokens: Int?
    var format = Format.text
    var tools: [Tool] = []
    var toolChoice = ToolChoice.auto
    /// Alternative answers that are wanted.
    var choices = 1
    /// Whether the model thinks before it answers.
    var reasons = false

    init(_ request: SimulatedRequest) {
        self = request.endpoint == .messages ? Self(message: request.root) : Self(openAI: request)
    }

    private init(openAI request: SimulatedRequest) {
        let root = request.root
        let limits = ["max_completion_tokens", "max_tokens", "max_output_tokens"]
        maxOutputTokens = limits.lazy.compactMap { root[$0]?.int64 }.first.map { Int(clamping: max(1, $0)) }
        choices = Int(min(16, max(1, root["n"]?.int64 ?? 1)))
        reasons = Self.reasoningModels.contains { request.model.hasPrefix($0) }
        format = Self.format(root["response_format"] ?? root.path("text", "format"))
        tools = root["tools"].map { $0.elements.compactMap(Self.tool) } ?? []
        toolChoice = Self.toolChoice(root["tool_choice"])
    }

    /// What a request to Anthropic's API wants.
    private init(message root: JSONValue) {
        maxOutputTokens = root["max_tokens"]?.int64.map { Int(clamping: max(1, $0)) }
        reasons = root.path("thinking", "type")?.string == "enabled"
        format = root.path("output_config", "format", "schema").map(Format.schema) ?? .text
        tools = (root["tools"].map { Array($0.elements) } ?? []).compactMap { tool in
            tool["name"]?.string.map { Tool(name: $0, parameters: tool["input_schema"]) }
        }
        switch root.path("tool_choice", "type")?.string {
        case "none": toolChoice = .none
        case "any": toolChoice = .required
        case "tool": toolChoice = root.path("tool_choice", "name")?.string.map(ToolChoice.named) ?? .required
        default: toolChoice = .auto
        }
    }

    private static let reasoningModels = ["o1", "o3", "o4", "gpt-5"]

    /// Chat nests the schema in `json_schema`, responses do not.
    private static func format(_ format: JSONValue?) -> Format {
        switch format?["type"]?.string {
        case "json_object": .jsonObject
        case "json_schema":
            (format?.path("json_schema", "schema") ?? format?["schema"]).map(Format.schema) ?? .jsonObject
        default: .text
        }
    }

    /// Chat nests the function in `function`, responses do not.
    private static func tool(_ tool: JSONValue) -> Tool? {
        guard tool["type"]?.string == "function" else { return nil }
        let function = tool["function"] ?? tool
        return function["name"]?.string.map { Tool(name: $0, parameters: function["parameters"]) }
    }

    private static func toolChoice(_ choice: JSONValue?) -> ToolChoice {
        switch choice?.string {
        case "none": return .none
        case "required": return .required
        default: break
        }
        let name = choice?.path("function", "name")?.string ?? choice?["name"]?.string
        return name.map(ToolChoice.named) ?? .auto
    }
}
