package import JSON

/// Why a request is refused, in the words of OpenAI's error envelope.
package struct RequestRefusal: Error, Equatable {
    package var code: String
    package var message: String
    /// The field that is wrong; nil when it is the whole.
    package var param: String?

    package init(code: String, message: String, param: String? = nil) {
        self.code = code
        self.message = message
        self.param = param
    }
}

/// What a gateway has to know of a request; everything else passes through untouched.
package struct InspectedRequest: Sendable, Equatable {
    package var model: String
    /// Before anything that was learned about the model.
    package var estimate: TokenEstimate
    /// Texts to embed; 1 at every other endpoint.
    package var inputs: Int

    package init(model: String, estimate: TokenEstimate, inputs: Int = 1) {
        self.model = model
        self.estimate = estimate
        self.inputs = inputs
    }
}

/// Looks at a provider request just far enough to route, price and refuse it.
package enum RequestInspector {
    /// - Throws: `RequestRefusal` that says what is wrong with the body.
    package static func inspect(_ body: [UInt8], endpoint: Endpoint) throws(RequestRefusal) -> InspectedRequest {
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: body)
        } catch {
            throw RequestRefusal(code: "invalid_json", message: "The body is not valid JSON: \(error).")
        }
        return try inspect(document.root, endpoint: endpoint)
    }

    /// - Throws: `RequestRefusal` that says what is wrong with the body.
    package static func inspect(_ body: JSONValue, endpoint: Endpoint) throws(RequestRefusal) -> InspectedRequest {
        guard body.kind == .object else {
            throw RequestRefusal(code: "invalid_type", message: "The body must be a JSON object.", param: "body")
        }
        // Two values for one key: the provider might read the other one.
        if let key = body.duplicateKey {
            throw RequestRefusal(code: "duplicate_key", message: "The body has a key twice.", param: key)
        }
        guard let model = body["model"]?.string, !model.isEmpty, model.utf8.count <= 256 else {
            throw RequestRefusal(
                code: "missing_required_parameter",
                message: "`model` must be a text of 1 to 256 bytes.",
                param: "model"
            )
        }
        if let stream = body["stream"], !stream.isNull, stream.bool != false {
            throw RequestRefusal(
                code: "unsupported_parameter",
                message: "Queued requests cannot be streamed.",
                param: "stream"
            )
        }
        try requireInput(of: body, endpoint: endpoint)
        return InspectedRequest(
            model: model,
            estimate: TokenEstimator.estimate(body, endpoint: endpoint),
            inputs: endpoint == .embeddings ? inputs(body["input"]) : 1
        )
    }

    private static func requireInput(of body: JSONValue, endpoint: Endpoint) throws(RequestRefusal) {
        let (key, isFit): (String, Bool) =
            switch endpoint {
            case .chatCompletions, .messages: ("messages", isNonEmptyArray(body["messages"]))
            case .completions: ("prompt", isTextOrArray(body["prompt"]))
            case .embeddings: ("input", isTextOrArray(body["input"]))
            // A stored prompt may stand in for the input.
            case .responses: ("input", isTextOrArray(body["input"]) || body["prompt"]?.kind == .object)
            }
        guard !isFit else { return }
        throw RequestRefusal(
            code: "missing_required_parameter",
            message: "`\(key)` is missing or has the wrong type.",
            param: key
        )
    }

    /// An array of numbers is the tokens of one text.
    private static func inputs(_ input: JSONValue?) -> Int {
        guard let input, input.kind == .array, !input.elements.contains(where: { $0.kind == .number }) else { return 1 }
        return input.count
    }

    private static func isNonEmptyArray(_ value: JSONValue?) -> Bool {
        guard let value, value.kind == .array else { return false }
        return value.count > 0
    }

    private static func isTextOrArray(_ value: JSONValue?) -> Bool {
        value?.kind == .string || isNonEmptyArray(value)
    }
}
