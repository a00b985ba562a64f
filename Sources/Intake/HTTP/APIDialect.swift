import HTTPTypes
import HummingbirdCore
import JSON

/// Whose API a request speaks: how errors and request ids look to it.
enum APIDialect {
    case openAI, anthropic

    /// By the version header that Anthropic's clients send, or by the path that only their API has.
    init(of request: Request) {
        let path = request.uri.path
        let isMessages = path == "/v1/messages" || path.hasPrefix("/v1/messages/")
        self = isMessages || request.headers[.anthropicVersion] != nil ? .anthropic : .openAI
    }

    /// The error's envelope.
    func write(_ error: APIError, requestID: String, to writer: inout JSONWriter) {
        switch self {
        case .openAI: Self.writeOpenAI(error, to: &writer)
        case .anthropic: Self.writeAnthropic(error, requestID, to: &writer)
        }
    }

    private static func writeOpenAI(_ error: APIError, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("error")
            writer.object { writer in
                writer.member("message", error.message)
                writer.member("type", error.type)
                writer.member("param", error.param)
                writer.member("code", error.code)
            }
        }
    }

    /// Their envelope has neither code nor parameter, so the message begins with the latter.
    private static func writeAnthropic(_ error: APIError, _ requestID: String, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("type", "error")
            writer.key("error")
            writer.object { writer in
                writer.member("type", error.anthropicType)
                writer.member("message", error.param.map { "\($0): \(error.message)" } ?? error.message)
                writer.memberIfPresent("code", error.code)
            }
            writer.member("request_id", requestID)
        }
    }
}

extension APIError {
    fileprivate var anthropicType: String {
        switch status.code {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 503, 529: "overloaded_error"
        case 504: "timeout_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }
}
