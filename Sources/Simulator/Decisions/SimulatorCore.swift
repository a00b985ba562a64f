import Penstock

/// Decides every call at the moment it is received, and keeps the books: no sockets, no clock of its own.
struct SimulatorCore: Sendable {
    private let configuration: SimulatorConfiguration
    private var seen: SeenBodies
    private var limiters: RateLimiters
    private(set) var controls: Controls
    private(set) var statistics = CallStatistics()
    private(set) var log: CallLog

    init(_ configuration: SimulatorConfiguration) {
        self.configuration = configuration
        seen = SeenBodies(capacity: configuration.rememberedBodies)
        controls = Controls(configuration)
        limiters = RateLimiters(controls.limits)
        log = CallLog(capacity: configuration.rememberedCalls)
    }

    /// Decides a call and counts it.
    mutating func receive(_ call: ReceivedCall, at now: ContinuousClock.Instant, time: Timestamp) -> Verdict {
        let occurrence = seen.see(call.dice.seed)
        var verdict = decide(call, occurrence: occurrence, at: now)
        verdict.time = time
        verdict.requestID = "req_" + call.dice.dice(for: .identity, occurrence).hexadecimal(at: 2)
        let tag = call.request?.instructions.tag
        statistics.count(verdict, occurrence: occurrence, tag: tag)
        log.append(call, verdict, occurrence: occurrence)
        return verdict
    }

    /// Ends a call that was at work.
    mutating func finish() {
        statistics.inFlight -= 1
    }

    /// Changes the controls; calls that were decided before go on as they were.
    mutating func change(_ body: [UInt8], at now: ContinuousClock.Instant) throws(ProviderError) {
        try controls.change(body)
        limiters.setLimits(controls.limits, at: now)
    }

    private mutating func decide(_ call: ReceivedCall, occurrence: Int, at now: ContinuousClock.Instant) -> Verdict {
        if case .refused(let error) = call.content { return Verdict(action: .error(error)) }
        if controls.isOutOfQuota { return Verdict(action: .error(.insufficientQuota)) }
        if let limit = controls.maxConcurrency, statistics.inFlight >= limit {
            return Verdict(action: .error(.overloaded))
        }
        let (denial, limits) = limiters.admit(call.apiKey, call.usage, at: now)
        if let denial {
            let error = ProviderError.rateLimited(denial, model: call.request?.model ?? "unknown")
            return Verdict(action: .error(error), limits: limits)
        }
        switch call.content {
        case .refused(let error), .invalid(let error): return Verdict(action: .error(error), limits: limits)
        case .valid(let request, let answer):
            return admitted(request, answer, occurrence: occurrence, limits: limits)
        }
    }

    private func admitted(
        _ request: SimulatedRequest,
        _ answer: Answer,
        occurrence: Int,
        limits: RateLimitState
    ) -> Verdict {
        let instructions = request.instructions
        let fault =
            instructions.decideFaults
            ? instructions.fault(occurrence: occurrence)
            : configuration.faults.fault(request.dice, occurrence: occurrence)
        let usual =
            configuration.latency.duration(request.dice.dice(for: .latency))
            + configuration.latencyPerOutputToken * answer.usage.output
        return Verdict(
            action: action(fault, request, answer),
            latency: (instructions.latency ?? usual) * controls.latencyFactor,
            limits: limits,
            charged: answer.usage,
            isAtWork: true
        )
    }

    private func action(_ fault: Fault?, _ request: SimulatedRequest, _ answer: Answer) -> Verdict.Action {
        switch fault {
        case nil: .answer(answer)
        case .malformed: .malformed(answer)
        case .reset: .reset
        case .hang: .hang
        case .insufficientQuota: .error(.insufficientQuota)
        case .status(let status): .error(.usual(status, model: request.model))
        case .contextLength: .error(request.contextLengthError(limit: configuration.contextWindow))
        }
    }
}
