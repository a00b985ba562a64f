import JSON
import Penstock

/// Puts a provider's error answer into the closed vocabulary. What the provider declares beats what the status
/// implies: a 429 may be a quota that no waiting brings back.
enum ErrorReader {
    static func classify(status: Int, body: JSONValue?) -> JobError {
        let error = error(in: body)
        let code = error?["code"]?.string ?? ""
        let type = error?["type"]?.string ?? ""
        let said = error?["message"]?.string ?? error?.string ?? body?["message"]?.string
        let message = String((said ?? "The provider answered \(status).").prefix(1000))
        let errorClass = declared(code: code, type: type, message: message.lowercased()) ?? implied(by: status)
        return JobError(errorClass, message)
    }

    /// The error in its envelope; Google puts a list around that.
    static func error(in body: JSONValue?) -> JSONValue? {
        let envelope = body?.elements.first { _ in true } ?? body
        return envelope?["error"]
    }

    private static func declared(code: String, type: String, message: String) -> ErrorClass? {
        // Anthropic's, where it is spoken to in OpenAI's dialect; there is no code for it. Only where the message begins:
        // further on may stand what a caller wrote, and this stops the target for everybody.
        if message.hasPrefix("your credit balance is too low") { return .providerQuotaExhausted }
        // No rate lets through what is larger than a whole minute's tokens: waiting would be for ever.
        if message.hasPrefix("request too large") { return .callerContextTooLong }
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
