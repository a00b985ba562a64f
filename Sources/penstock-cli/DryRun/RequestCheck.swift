import JSON

/// Checks one request and guesses its tokens by the server's own rules of thumb. Pure.
struct RequestCheck: Equatable {
    let model: String
    /// A quarter of the bytes of the input fields.
    let input: Int
    /// The caller's cap, else a typical answer.
    let output: Int

    private static let typicalOutput = 512
    private static let inputKeys = [
        "messages", "system", "prompt", "input", "tools", "functions", "instructions", "response_format",
    ]
    private static let capKeys = ["max_completion_tokens", "max_tokens", "max_output_tokens"]

    static func inspect(_ body: JSONValue, endpoint: String) throws(LineRefusal) -> RequestCheck {
        guard body.kind == .object else {
            throw LineRefusal(code: "invalid_type", message: "`body` must be a JSON object.", param: "body")
        }
        if let key = body.duplicateKey {
            throw LineRefusal(code: "duplicate_key", message: "The body has a key twice.", param: "body.\(key)")
        }
        guard let model = body.text("model"), !model.isEmpty, model.utf8.count <= 256 else {
            throw LineRefusal(
                code: "missing_required_parameter",
                message: "`model` must be a text of 1 to 256 bytes.",
                param: "body.model"
            )
        }
        if let stream = body["stream"], !stream.isNull, stream.bool != false {
            throw LineRefusal(
                code: "unsupported_parameter",
                message: "Queued requests cannot be streamed.",
                param: "body.stream"
            )
        }
        try requireInput(of: body, endpoint: endpoint)
        let bytes = inputKeys.reduce(0) { $0 + (body[$1]?.range.count ?? 0) }
        return RequestCheck(model: model, input: bytes / 4 + 8, output: output(of: body, endpoint: endpoint))
    }

    private static func requireInput(of body: JSONValue, endpoint: String) throws(LineRefusal) {
        let (key, isFit): (String, Bool) =
            switch endpoint {
            case "/v1/chat/completions", "/v1/messages": ("messages", isNonEmptyArray(body["messages"]))
            case "/v1/completions": ("prompt", isTextOrArray(body["prompt"]))
            case "/v1/embeddings": ("input", isTextOrArray(body["input"]))
            case "/v1/responses": ("input", isTextOrArray(body["input"]) || body.object("prompt") != nil)
            // Told once for the whole file.
            default: ("input", true)
            }
        guard !isFit else { return }
        throw LineRefusal(
            code: "missing_required_parameter",
            message: "`\(key)` is missing or has the wrong type.",
            param: "body.\(key)"
        )
    }

    private static func isNonEmptyArray(_ value: JSONValue?) -> Bool {
        value?.elements.contains { _ in true } ?? false
    }

    private static func isTextOrArray(_ value: JSONValue?) -> Bool {
        value?.kind == .string || isNonEmptyArray(value)
    }

    private static func output(of body: JSONValue, endpoint: String) -> Int {
        guard endpoint != "/v1/embeddings" else { return 0 }
        let choices = max(1, min(128, body.int("n") ?? 1))
        let cap = capKeys.lazy.compactMap { body.int($0) }.first { $0 > 0 }
        return cap.map { min($0, 1_000_000) * choices } ?? typicalOutput * choices
    }
}
