import Penstock

/// Decides every call at the moment it is received, and keeps the books: no sockets, no clock of its own.
struct SimulatorCore: Sendable {
    private let configuration: SimulatorConfiguration
    private var seen: SeenBodies
    private var limiters: RateLimiters
    private(set) var statistics = CallStatistics()
    private(set) var log: CallLog

    init(_ configuration: SimulatorConfiguration) {
        self.configuration = configuration
        seen = SeenBodies(capacity: configuration.rememberedBodies)
        limiters = RateLimiters(configuration)
        log = CallLog(capacity: configuration.rememberedCalls)
    }

    /// Decides a call and counts it.
    mutating func receive(_ call: ReceivedCall, at now: ContinuousClock.Instant, time: Timestamp) -> Verdict {
        let occurrence = seen.see(call.dice.seed)
        var verdict = decide(call, occurrence: occurrence, at: now)
        verdict.requestID = "req_" + call.dice.dice(for: .identity, occurrence).hexadecimal(at: 2)
        let tag = (try? call.content?.get())?.request.instructions.tag
        statistics.count(verdict, occurrence: occurrence, tag: tag)
        log.append(call, verdict, occurrence: occurrence, tag: tag, time: time)
        return verdict
    }

    /// Ends a call that was at work.
    mutating func finish() {
        statistics.inFlight -= 1
    }

    private mutating func decide(_ call: ReceivedCall, occurrence: Int, at now: ContinuousClock.Instant) -> Verdict {
        guard let content = call.content else { return Verdict(action: .error(call.refusal ?? .overloaded)) }
        if let limit = configuration.maxConcurrency, statistics.inFlight >= limit {
            return Verdict(action: .error(.overloaded))
        }
        let (denial, limits) = limiters.admit(call.apiKey, tokens: content.tokens, at: now)
        switch (content, denial) {
        case (_, let denial?):
            return Verdict(action: .error(.rateLimited(denial, model: content.model)), limits: limits)
        case (.failure(let error), nil):
            return Verdict(action: .error(error), limits: limits)
        case (.success(let content), nil):
            return admitted(content, occurrence: occurrence, limits: limits)
        }
    }

    private func admitted(_ content: ReceivedCall.Content, occurrence: Int, limits: RateLimitState) -> Verdict {
        let (request, answer) = (content.request, content.answer)
        let instructions = request.instructions
        let fault =
            instructions.decideFaults
            ? instructions.fault(occurrence: occurrence)
            : configuration.faults.fault(request.dice, occurrence: occurrence)
        let usual =
            configuration.latency.duration(request.dice.dice(for: .latency))
            + configuration.latencyPerOutputToken * answer.usage.output
        return Verdict(
            action: action(fault, content),
            latency: instructions.latency ?? usual,
            limits: limits,
            isAtWork: true
        )
    }

    private func action(_ fault: Fault?, _ content: ReceivedCall.Content) -> Verdict.Action {
        let request = content.request
        switch fault {
        case nil: return .answer(content.answer)
        case .malformed: return .malformed(content.answer)
        case .reset: return .reset
        case .hang: return .hang
        case .insufficientQuota: return .error(.insufficientQuota)
        case .status(let status): return .error(.usual(status, model: request.model))
        case .contextLength: return .error(request.contextLengthError(limit: configuration.contextWindow))
        }
    }
}

extension Result<ReceivedCall.Content, ProviderError> {
    /// Tokens that the limits are charged: as the answer's usage will say, nothing for a bad request.
    fileprivate var tokens: Int {
        guard case .success(let content) = self else { return 0 }
        return content.answer.usage.input + content.answer.usage.output
    }

    fileprivate var model: String {
        guard case .success(let content) = self else { return "unknown" }
        return content.request.model
    }
}
