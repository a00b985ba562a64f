import JSON
import Penstock

/// A call's body, checked as far as the simulator needs it.
struct SimulatedRequest: Sendable {
    let endpoint: SimulatedAPI
    let root: JSONValue
    let model: String
    /// Made from the whole body: what every decision about the call follows from.
    let dice: Dice
    /// A quarter of the bytes of what the model reads.
    let inputTokens: Int
    let instructions: Instructions

    /// - Throws: what the provider would answer to a bad request.
    init(_ body: [UInt8], dice: Dice, endpoint: SimulatedAPI) throws(ProviderError) {
        self.endpoint = endpoint
        self.dice = dice
        root = try Self.parse(body)
        guard let model = root["model"]?.string, !model.isEmpty else {
            throw .invalidRequest("you must provide a model parameter")
        }
        self.model = model
        guard root["stream"]?.bool != true else {
            throw .invalidRequest("The simulator does not stream.", code: "unsupported_value", param: "stream")
        }
        if endpoint == .messages, root["max_tokens"]?.int64 ?? 0 < 1 { throw .missing("max_tokens") }
        inputTokens = try Self.inputTokens(root, endpoint)
        do {
            instructions = try Instructions(findingIn: body[...])
        } catch {
            throw .invalidRequest("Unknown marker: [simulate:\(error.text)].", code: "unknown_marker")
        }
    }

    /// The members of each API that hold what the model reads; the first is required.
    static func inputMembers(_ endpoint: SimulatedAPI) -> [String] {
        switch endpoint {
        case .chatCompletions: ["messages"]
        case .completions: ["prompt"]
        case .embeddings: ["input"]
        case .responses: ["input", "instructions"]
        case .messages: ["messages", "system"]
        }
    }

    private static func parse(_ body: [UInt8]) throws(ProviderError) -> JSONValue {
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: body)
        } catch {
            throw .invalidRequest("We could not parse the JSON body of your request: \(error).")
        }
        guard document.root.kind == .object else {
            throw .invalidRequest("The JSON body of your request must be an object.")
        }
        return document.root
    }

    private static func inputTokens(_ root: JSONValue, _ endpoint: SimulatedAPI) throws(ProviderError) -> Int {
        let members = inputMembers(endpoint)
        guard let required = root[members[0]], required.isInput(endpoint) else { throw .missing(members[0]) }
        let bytes = members.reduce(0) { $0 + (root[$1]?.range.count ?? 0) }
        return max(1, bytes / 4)
    }
}

extension SimulatedRequest {
    /// What is answered to a request that is longer than the model's context of `limit` tokens.
    func contextLengthError(limit: Int) -> ProviderError {
        .contextLength(limit: limit, tokens: max(limit + 1, inputTokens), param: Self.inputMembers(endpoint)[0])
    }
}

extension JSONValue {
    fileprivate func isInput(_ endpoint: SimulatedAPI) -> Bool {
        switch (endpoint, kind) {
        case (_, .array): count > 0
        case (.chatCompletions, _), (.messages, _): false
        case (_, .string): true
        default: false
        }
    }
}
