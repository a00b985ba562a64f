import JSON
import Penstock

/// Puts a provider's error answer into the closed vocabulary. What the provider declares beats what the status
/// implies: a 429 may be a quota that no waiting brings back.
enum ErrorReader {
    static func classify(status: Int, body: JSONValue?) -> JobError {
        let error = body?["error"]
        let code = error?["code"]?.string ?? ""
        let type = error?["type"]?.string ?? ""
        let said = error?["message"]?.string ?? error?.string ?? body?["message"]?.string
        let message = said ?? "The provider answered \(status)."
        let errorClass = declared(code: code, type: type) ?? implied(by: status)
        return JobError(errorClass, String(message.prefix(1000)))
    }

    private static func declared(code: String, type: String) -> ErrorClass? {
        switch code {
        case "insufficient_quota", "billing_hard_limit_reached": return .providerQuotaExhausted
        case "context_length_exceeded", "string_above_max_length": return .callerContextTooLong
        case "content_filter", "content_policy_violation": return .callerContentFiltered
        case "model_not_found": return .callerModelUnknown
        case "rate_limit_exceeded", "RateLimitReached": return .providerRateLimited
        default: return type == "insufficient_quota" ? .providerQuotaExhausted : nil
        }
    }

    private static func implied(by status: Int) -> ErrorClass {
        switch status {
        case 401, 403: .providerAuthFailed
        case 402: .providerQuotaExhausted
        case 404: .callerModelUnknown
        case 408, 504: .providerTimeout
        case 429: .providerRateLimited
        case 503, 529: .providerOverloaded
        case 409, 425, 500...599: .providerServerError
        case 400...499: .callerInvalidRequest
        default: .providerInvalidAnswer
        }
    }
}

/// How long a provider asks to stay away.
enum RetryHint {
    private static let longest = 3600.0

    /// `retry-after-ms` first, then `retry-after` in seconds; dates and nonsense are no hint.
    static func read(_ header: (String) -> String?) -> Duration? {
        if let milliseconds = header("retry-after-ms").flatMap(Double.init), milliseconds > 0 {
            return duration(milliseconds / 1000)
        }
        return header("retry-after").flatMap(Double.init).flatMap(duration)
    }

    private static func duration(_ seconds: Double) -> Duration? {
        guard seconds.isFinite, seconds >= 0 else { return nil }
        return .milliseconds(Int64((min(seconds, longest) * 1000).rounded(.up)))
    }
}
