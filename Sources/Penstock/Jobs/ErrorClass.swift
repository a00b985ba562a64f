/// The closed vocabulary of what can go wrong with a job; the prefix says whose fault it was.
package enum ErrorClass: String, Sendable, CaseIterable {
    case callerInvalidRequest = "caller_invalid_request"
    case callerModelUnknown = "caller_model_unknown"
    case callerContextTooLong = "caller_context_too_long"
    case callerContentFiltered = "caller_content_filtered"
    case callerCancelled = "caller_cancelled"
    case callerDeleted = "caller_deleted"
    case callerDeadlineExceeded = "caller_deadline_exceeded"
    case providerAuthFailed = "provider_auth_failed"
    case providerQuotaExhausted = "provider_quota_exhausted"
    case providerRateLimited = "provider_rate_limited"
    case providerOverloaded = "provider_overloaded"
    case providerServerError = "provider_server_error"
    case providerTimeout = "provider_timeout"
    case providerConnectionFailed = "provider_connection_failed"
    case providerInvalidAnswer = "provider_invalid_answer"
    case penstockOutcomeUnknown = "penstock_outcome_unknown"
    case penstockPoison = "penstock_poison"
    case penstockPoolRemoved = "penstock_pool_removed"
    case penstockMaxCostReached = "penstock_max_cost_reached"
    case penstockInternal = "penstock_internal"

    /// Whether the same request may succeed later or elsewhere.
    package var isRetryable: Bool {
        switch self {
        case .providerRateLimited, .providerQuotaExhausted, .providerOverloaded, .providerServerError,
            .providerTimeout, .providerConnectionFailed, .providerInvalidAnswer, .penstockOutcomeUnknown:
            true
        default: false
        }
    }

    /// Whether a retry uses up one of the job's attempts. What an account may use is the scheduler's business, not the
    /// job's: it holds the target back, and the job goes when it, or another one, may.
    package var costsAttempt: Bool { self != .providerRateLimited && self != .providerQuotaExhausted }
}
