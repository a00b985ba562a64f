import HTTPTypes
import JSON
import NIOHTTP1
import Penstock

extension APIError {
    /// What a caller is told about an error of the layers below; nil when it is a defect of ours.
    init?(mapping error: any Error) {
        switch error {
        case let error as APIError: self = error
        case let error as AnswersNotAdmitted: self.init(mapping: error.reason)
        case let refusal as RequestRefusal:
            self = .badRequest(refusal.message, param: refusal.param, code: refusal.code)
        case let error as MultipartError: self = .badRequest(error.message, param: nil, code: "invalid_multipart")
        case let error as JSONError:
            self = .badRequest("The body is not valid JSON: \(error).", param: nil, code: "invalid_json")
        case is HTTPParserError: self = .badRequest("This is not valid HTTP.", param: nil, code: "invalid_http")
        case is QueueFull: self = Self.unavailable("queue_full", "The queue is full. Try again soon.", after: 5)
        case is QueueUnavailable:
            self = Self.unavailable("queue_unavailable", "The queue does not answer. Try again soon.", after: 2)
        case is LedgerUnavailable:
            self = Self.unavailable("ledger_unavailable", "The ledger does not answer. Try again soon.", after: 2)
        case is CancellationError:
            self = Self.unavailable("shutting_down", "This server is shutting down. Try again.", after: 1)
        default: return nil
        }
    }

    private static func unavailable(_ code: String, _ message: String, after seconds: Int) -> APIError {
        APIError(.serviceUnavailable, code: code, message, retryAfter: seconds)
    }

    /// For an error nobody foresaw. Its text stays in the log.
    static func unexpected(requestID: String) -> APIError {
        APIError(.internalServerError, code: "internal_error", "Something went wrong here. Request id: \(requestID).")
    }
}
