import Penstock

/// A provider call as it came in, before anything is decided.
struct ReceivedCall: Sendable {
    var endpoint: Endpoint
    /// Of the body.
    var dice: Dice
    /// Whose limits count; empty for a caller without a key.
    var apiKey: String
    /// Set when the caller may not come in at all; limits are not touched then.
    var refusal: ProviderError?
    /// What would be answered if nothing got in the way; nil when there is a refusal.
    var content: Result<Content, ProviderError>?

    /// A good request with its answer.
    struct Content: Sendable {
        var request: SimulatedRequest
        var answer: Answer
    }
}

/// What happens to a call.
struct Verdict: Sendable {
    enum Action: Sendable {
        case answer(Answer)
        case malformed(Answer)
        case error(ProviderError)
        case reset
        case hang
    }

    var action: Action
    /// How long to wait before acting.
    var latency = Duration.zero
    /// What the rate limit headers say; nil writes none.
    var limits: RateLimitState?
    /// Whether the call is at work until `SimulatorCore.finish` is called.
    var isAtWork = false
    /// Different for every call, also of the same body.
    var requestID = ""
}

extension Verdict.Action {
    /// The status of the answer; nil when there is none.
    var status: Int? {
        switch self {
        case .answer, .malformed: 200
        case .error(let error): error.status
        case .reset, .hang: nil
        }
    }

    /// How the call is counted: the status, or what happened in its place.
    var label: String {
        switch self {
        case .malformed: "malformed"
        case .reset: "reset"
        case .hang: "hang"
        case .answer, .error: status.map(String.init) ?? ""
        }
    }
}
