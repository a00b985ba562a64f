import HTTPTypes
import Penstock

/// A refusal as callers see it: a status and OpenAI's error envelope.
struct APIError: Error, Equatable {
    var status: HTTPResponse.Status
    var code: String?
    var message: String
    /// The field or parameter that is wrong.
    var param: String?
    /// Seconds after which trying again makes sense; SDKs give up on long ones, so never above 60.
    var retryAfter: Int?
    /// The methods that a path does have.
    var allow: String?

    init(_ status: HTTPResponse.Status, code: String?, _ message: String, param: String? = nil, retryAfter: Int? = nil)
    {
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.retryAfter = retryAfter
    }

    var type: String {
        switch status.code {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 429: "rate_limit_error"
        case 500...: "server_error"
        default: "invalid_request_error"
        }
    }

    /// SDKs retry a 409 unless they are told that it is final.
    var isFinal: Bool { status == .conflict }
}

extension APIError {
    static func badRequest(_ message: String, param: String?, code: String = "invalid_value") -> APIError {
        APIError(.badRequest, code: code, message, param: param)
    }

    /// The same for what never was and for what belongs to somebody else.
    static func notFound(_ thing: String) -> APIError {
        APIError(.notFound, code: "not_found", "No such \(thing).")
    }

    static func tooLarge(_ what: String, limit: Int) -> APIError {
        APIError(.contentTooLarge, code: "request_too_large", "\(what) may have at most \(limit) bytes.")
    }

    static let invalidKey = APIError(
        .unauthorized,
        code: "invalid_api_key",
        "Send a valid API key: `Authorization: Bearer KEY`, or `X-Api-Key: KEY`."
    )

    static let notAdmin = APIError(.forbidden, code: "admin_only", "This needs an admin's API key.")

    static let unknownURL = APIError(.notFound, code: "unknown_url", "There is nothing at this URL.")

    static let idempotencyConflict = APIError(
        .conflict,
        code: "idempotency_conflict",
        "The idempotency key was used for a different request.",
        param: "idempotency_key"
    )

    static let incompleteBody = APIError(.badRequest, code: "incomplete_body", "The request's body broke off.")

    /// The queue did not say in time whether it took a job in.
    static func outcomeUnknown(_ job: JobID) -> APIError {
        APIError(
            .serviceUnavailable,
            code: "outcome_unknown",
            "The queue did not confirm in time; the job may have been taken in as \(job.text). Repeating the request with "
                + "the same idempotency key is safe: there is one job at most. Without a key, ask for that id first.",
            retryAfter: 2
        )
    }

    static let slowBody = APIError(.requestTimeout, code: "body_too_slow", "The request's body comes too slowly.")

    static func wrongMethod(allow: String) -> APIError {
        var error = APIError(
            .methodNotAllowed,
            code: "method_not_allowed",
            "This URL has other methods: \(allow)."
        )
        error.allow = allow
        return error
    }
}
