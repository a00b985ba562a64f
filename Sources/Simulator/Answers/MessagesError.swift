import JSON

/// An error as Anthropic answers it.
struct MessagesError: Equatable {
    var status: Int
    var type: String
    var message: String

    /// The same trouble in Anthropic's words.
    init(_ error: ProviderError, model: String?) {
        status = error.status
        message = error.message
        switch (error.status, error.code) {
        case (_, "insufficient_quota"):
            status = 400
            type = "invalid_request_error"
            message = "Your credit balance is too low to access the Anthropic API."
        case (_, "context_length_exceeded"):
            type = "invalid_request_error"
            message = "prompt is too long: it has more tokens than the maximum. \(error.message)"
        case (401, _):
            type = "authentication_error"
            message = "invalid x-api-key"
        case (404, _):
            type = "not_found_error"
            message = "model: \(model ?? "unknown")"
        case (413, _): type = "request_too_large"
        case (429, _): type = "rate_limit_error"
        case (503, _), (529, _):
            status = 529
            type = "overloaded_error"
            message = "Overloaded"
        case (500..., _): type = "api_error"
        default: type = "invalid_request_error"
        }
    }

    /// Whether its header `x-should-retry` tells to try again.
    var shouldRetry: Bool { status == 429 || status >= 500 }

    func body(requestID: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", "error")
            writer.key("error")
            writer.object { writer in
                writer.member("type", type)
                writer.member("message", message)
            }
            writer.member("request_id", requestID)
        }
        return writer.bytes
    }
}
