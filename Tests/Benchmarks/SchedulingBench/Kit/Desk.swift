import Penstock

/// What a worker does with a job: calls the provider, tells the queue what came of it.
struct Desk: Sendable {
    let lane: Lane
    let provider: SimulatedProvider

    /// - Returns: false when the provider refused and the job waits again.
    @discardableResult
    func serve(_ taken: TakenJob) async throws -> Bool {
        let plan = try CallPlan(of: taken.job)
        switch await provider.call(plan, tenant: taken.job.tenant) {
        case .done(let signals, let seconds):
            _ = try await lane.queue.settle(taken.lease, .done(plan, signals, seconds))
            return true
        case .refused(let signals, let wait):
            let refusal = Settlement(
                usage: nil,
                mayHaveBeenSent: false,
                chargesTenant: false,
                target: .limited(for: wait),
                signals: signals
            )
            _ = try await lane.queue.retry(taken.lease, refusal, after: .zero, countsAttempt: false)
            return false
        }
    }
}

extension Settlement {
    static func done(_ plan: CallPlan, _ signals: RateSignals? = nil, _ seconds: Double? = nil) -> Settlement {
        Settlement(
            usage: Usage(input: plan.input, output: plan.output),
            mayHaveBeenSent: true,
            chargesTenant: true,
            target: .answered,
            signals: signals,
            serviceTime: seconds.map { .fraction($0) },
            firstByte: seconds.map { .fraction($0 / 2) }
        )
    }
}

extension Pool {
    static func bench(
        _ name: String,
        targets: [Target] = [.bench("target")],
        groups: [LimitGroup] = [],
        caps: LiveCaps = LiveCaps()
    ) -> Pool {
        Pool(
            name: PoolName(name),
            targets: targets,
            limitGroups: groups,
            classWeights: Pool.defaultClassWeights,
            caps: caps
        )
    }

    /// One target under one limit.
    static func limited(_ name: String, requests: Int? = nil, tokens: Int? = nil, calls: Int? = nil) -> Pool {
        let group = LimitGroup(name: "account", requestsPerMinute: requests, tokensPerMinute: tokens)
        return .bench(name, targets: [.bench("target", groups: ["account"], calls: calls)], groups: [group])
    }
}

extension Target {
    static func bench(_ name: String, groups: [String] = [], calls: Int? = nil) -> Target {
        Target(
            name: name,
            provider: "simulated",
            baseURL: "http://127.0.0.1:1/v1",
            apiKey: nil,
            model: nil,
            limitGroups: groups,
            maxConcurrency: calls,
            timeout: .seconds(120),
            price: nil
        )
    }
}
