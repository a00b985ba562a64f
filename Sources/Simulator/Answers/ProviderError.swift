import JSON
import Penstock

/// An error as OpenAI answers it.
struct ProviderError: Error, Equatable {
    var status: Int
    var type: String
    var code: String?
    var param: String?
    var message: String
    /// Announced in `retry-after` and `retry-after-ms`.
    var retryAfter: Duration?

    init(
        _ status: Int,
        _ type: String,
        code: String? = nil,
        param: String? = nil,
        retryAfter: Duration? = nil,
        _ message: String
    ) {
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.message = message
        self.retryAfter = retryAfter
    }

    /// The answer's body: OpenAI's error envelope.
    var body: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("error")
            writer.object { writer in
                writer.member("message", message)
                writer.member("type", type)
                writer.member("param", param)
                writer.member("code", code)
            }
        }
        return writer.bytes
    }
}

extension ProviderError {
    private static let invalid = "invalid_request_error"

    static func invalidRequest(_ message: String, code: String? = nil, param: String? = nil) -> Self {
        ProviderError(400, invalid, code: code, param: param, message)
    }

    static func missing(_ parameter: String) -> Self {
        invalidRequest(
            "Missing required parameter: '\(parameter)'.",
            code: "missing_required_parameter",
            param: parameter
        )
    }

    static func wrongKey(presented: Bool) -> Self {
        presented
            ? ProviderError(401, invalid, code: "invalid_api_key", "Incorrect API key provided.")
            : ProviderError(401, invalid, "You didn't provide an API key in an Authorization header.")
    }

    static func unknownURL(_ method: String, _ path: String) -> Self {
        ProviderError(404, invalid, code: "unknown_url", "Unknown request URL: \(method) \(path).")
    }

    static func contextLength(limit: Int, tokens: Int, param: String) -> Self {
        ProviderError(
            400,
            invalid,
            code: "context_length_exceeded",
            param: param,
            "This model's maximum context length is \(limit) tokens. However, your \(param) resulted in \(tokens) "
                + "tokens. Please reduce the length of the \(param)."
        )
    }

    static let insufficientQuota = ProviderError(
        429,
        "insufficient_quota",
        code: "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details."
    )

    static let overloaded = ProviderError(
        503,
        "server_error",
        retryAfter: .seconds(1),
        "The engine is currently overloaded, please try again later."
    )

    static let tooLarge = ProviderError(413, invalid, "The request is too large.")

    /// A refusal by one of the limits, in OpenAI's words.
    static func rateLimited(_ denial: RateLimitDenial, model: String) -> Self {
        let subject = "for \(model) in organization org-simulator on \(denial.kind.perMinute)"
        let numbers = "Limit \(denial.limit), Used \(denial.used), Requested \(denial.requested)."
        guard let wait = denial.retryAfter else {
            return ProviderError(
                429,
                denial.kind.errorType,
                code: "rate_limit_exceeded",
                "Request too large \(subject): Limit \(denial.limit), Requested \(denial.requested). "
                    + "The input or output tokens must be reduced in order to run successfully."
            )
        }
        return ProviderError(
            429,
            denial.kind.errorType,
            code: "rate_limit_exceeded",
            retryAfter: wait,
            "Rate limit reached \(subject): \(numbers) Please try again in \(GoDuration.text(wait))."
        )
    }

    /// The usual answer with this status, for a fault that was asked for or thrown.
    static func usual(_ status: Int, model: String) -> Self {
        switch status {
        case 401: wrongKey(presented: true)
        case 404:
            ProviderError(
                404,
                invalid,
                code: "model_not_found",
                "The model `\(model)` does not exist or you do not have access to it."
            )
        case 429:
            rateLimited(
                RateLimitDenial(kind: .requests, limit: 1, used: 1, requested: 1, retryAfter: .seconds(1)),
                model: model
            )
        case 503: overloaded
        case 500...: ProviderError(status, "server_error", "The server had an error while processing your request.")
        default: ProviderError(status, invalid, "The request was answered \(status), as it asked for.")
        }
    }
}

extension RateLimitKind {
    fileprivate var errorType: String { self == .requests ? "requests" : "tokens" }

    fileprivate var perMinute: String {
        switch self {
        case .requests: "requests per min (RPM)"
        case .tokens: "tokens per min (TPM)"
        case .inputTokens: "input tokens per min (ITPM)"
        case .outputTokens: "output tokens per min (OTPM)"
        }
    }
}
