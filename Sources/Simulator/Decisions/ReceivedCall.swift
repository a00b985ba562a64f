import Penstock

/// A provider call as it came in, before anything is decided.
struct ReceivedCall: Sendable {
    var endpoint: SimulatedAPI
    /// Of the body.
    var dice: Dice
    /// Whose limits count; empty for a caller without a key.
    var apiKey: String
    /// What its headers say to a provider.
    var headers = ProviderHeaders()
    var content: Content

    enum Content: Sendable {
        /// The caller may not come in at all; limits are not touched.
        case refused(ProviderError)
        /// A bad request, which counts as a request all the same.
        case invalid(ProviderError)
        /// A good request, and its answer if nothing gets in the way.
        case valid(SimulatedRequest, Answer)
    }
}

extension ReceivedCall {
    /// Of a good request.
    var request: SimulatedRequest? {
        if case .valid(let request, _) = content { request } else { nil }
    }

    /// What the limits are charged: as the answer's usage will say, nothing for a bad request.
    var usage: Usage {
        if case .valid(_, let answer) = content { answer.usage } else { .zero }
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
    /// What the limit of tokens was charged; nothing where a limit refused the call.
    var charged = Usage.zero
    /// Whether the call is at work until `SimulatorCore.finish` is called.
    var isAtWork = false
    /// When it was decided, which is what the headers' numbers are of.
    var time = Timestamp(milliseconds: 0)
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
        case .answer: "200"
        case .malformed: "malformed"
        case .error(let error): "\(error.status)"
        case .reset: "reset"
        case .hang: "hang"
        }
    }
}
