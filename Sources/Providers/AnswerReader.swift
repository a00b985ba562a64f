import JSON
import Penstock

/// Turns an HTTP answer in the OpenAI dialect into an outcome. Pure: all that is known is in the arguments.
enum AnswerReader {
    static let limits = JSONLimits(maxBytes: 64 << 20)

    /// - Parameters:
    ///   - original: the answer before an adapter translated it, whose words may say when to come back.
    ///   - now: when the answer came.
    ///   - header: a header's value by its lower-case name.
    static func read(
        status: Int,
        body: [UInt8],
        original: JSONValue? = nil,
        at now: Timestamp,
        header: (String) -> String?
    ) -> CallOutcome {
        let document = try? JSONDocument(parsing: body, limits: limits)
        let requestID = requestID(header)
        // An answer that is no JSON is kept as a JSON text, so that results always are JSON.
        let kept = document == nil ? quoted(body) : body
        let response = ProviderResponse(statusCode: status, requestID: requestID, body: kept)
        guard (200...299).contains(status) else {
            let error = ErrorReader.classify(status: status, body: document?.root)
            return .failed(
                CallFailure(
                    error: error,
                    response: response,
                    retryAfter: RetryHint.read(header, body: original ?? document?.root, at: now),
                    refusesRetry: header("x-should-retry") == "false",
                    mayHaveBeenSent: true
                )
            )
        }
        guard let root = document?.root, root.kind == .object else {
            let error = JobError(.providerInvalidAnswer, "The provider answered \(status) without valid JSON.")
            return .failed(CallFailure(error: error, mayHaveBeenSent: true))
        }
        return .succeeded(response, usage: UsageReader.read(root["usage"]))
    }

    /// The provider's name for the call; empty when it gave none.
    static func requestID(_ header: (String) -> String?) -> String {
        header("x-request-id") ?? header("request-id") ?? ""
    }

    /// The first bytes of something that is no JSON, as a JSON text.
    private static func quoted(_ body: [UInt8]) -> [UInt8] {
        var writer = JSONWriter()
        writer.string(String(decoding: body.prefix(4096), as: UTF8.self))
        return writer.bytes
    }
}

/// Reads `usage` of chat completions, completions, embeddings and responses.
enum UsageReader {
    /// - Returns: nil when there is no usage or it makes no sense: unknown is not zero.
    static func read(_ usage: JSONValue?) -> Usage? {
        guard let usage, usage.kind == .object,
            let input = tokens(usage, "prompt_tokens") ?? tokens(usage, "input_tokens")
        else { return nil }
        let output = tokens(usage, "completion_tokens") ?? tokens(usage, "output_tokens") ?? 0
        let inputDetails = usage["prompt_tokens_details"] ?? usage["input_tokens_details"]
        let outputDetails = usage["completion_tokens_details"] ?? usage["output_tokens_details"]
        let cached = inputDetails.flatMap { tokens($0, "cached_tokens") } ?? 0
        let reasoning = outputDetails.flatMap { tokens($0, "reasoning_tokens") } ?? 0
        return Usage(
            input: input,
            cachedInput: min(cached, input),
            output: output,
            reasoning: min(reasoning, output)
        )
    }

    private static func tokens(_ object: JSONValue, _ key: String) -> Int? {
        guard let number = object[key]?.int64, (0...1_000_000_000).contains(number) else { return nil }
        return Int(number)
    }
}
