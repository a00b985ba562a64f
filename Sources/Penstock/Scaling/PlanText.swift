/// Says a plan's reason to people, in one line: `4 of 8: the provider's 3,000 requests/min are used; more workers would
/// not help`.
package enum PlanText {
    /// For a set of which no scheduler has told lately.
    package static let blind = "no scheduler has planned lately: the count is held"

    /// What the plan was drawn from, for the log.
    static func inputs(of plan: WorkerPlan) -> String {
        let wish = plan.wish
        let set = "\(wish.bySlots) by slots, \(wish.byCPU) by cpu, \(plan.now.ready) ready, \(tenths(wish.calls)) calls"
        return ([set] + plan.demands.filter { $0.reason != .idle }.map(inputs)).joined(separator: "; ")
    }

    private static func inputs(of demand: PoolDemand) -> String {
        let granted = demand.grantedPerSecond.map { tenths($0) + "/s" } ?? "any"
        let service = demand.serviceSeconds.map { "\(Int(($0 * 1000).rounded())) ms" } ?? "unknown"
        return "\(demand.pool): \(tenths(demand.arrivalsPerSecond))/s arrive, \(demand.runnable) runnable, "
            + "\(demand.unfed) unfed, \(demand.running) running, \(tenths(demand.wantedPerSecond))/s wanted, "
            + "\(granted) granted, \(service) each"
    }

    static func explanation(of plan: WorkerPlan) -> String {
        "\(plan.count) of \(plan.wish.most): \(place(of: plan))\(reason(of: plan))"
    }

    /// The pool that is spoken of, where the set has several.
    private static func place(of plan: WorkerPlan) -> String {
        guard plan.reason != .draining, plan.set.pools.count > 1, let pool = plan.wish.pool else { return "" }
        return "pool \(pool): "
    }

    private static func reason(of plan: WorkerPlan) -> String {
        let demand = plan.demands.first { $0.pool == plan.wish.pool }
        return switch plan.reason {
        case .backlog: backlog(demand, plan.bounds)
        case .cpu: "the workers use \(tenths(plan.now.cpu)) processors, and each should use \(percent(plan)) % of one"
        case .deadlineRisk: "deadlines ask for \(tenths(demand?.wantedPerSecond ?? 0)) jobs/s"
        case .rateLimited: limit(demand?.limit) + "; more workers would not help"
        case .providerBlocked: "no target may be called now; more workers would not help"
        case .paused: "an operator paused what waits; more workers would not help"
        case .ledgerDown: "the ledger takes no results; more workers would not help"
        case .atMax: "\(max(plan.wish.bySlots, plan.wish.byCPU)) are wanted, and settings or machines allow no more"
        case .idle: "nothing waits"
        case .draining: "\(plan.wish.count) would do; the largest wish of the last \(window(plan)) s holds"
        case .crashLoop: "workers end again and again before they are ready: see their log"
        case .blind: blind
        }
    }

    private static func backlog(_ demand: PoolDemand?, _ bounds: ScalingBounds) -> String {
        guard let demand else { return "jobs wait" }
        guard let service = demand.serviceSeconds else {
            return "jobs wait, and nobody knows yet how long a call takes"
        }
        let calls = grouped(Int(demand.calls.rounded(.up)))
        return "\(tenths(demand.wantedPerSecond)) jobs/s of \(tenths(service)) s each are \(calls) calls at once, "
            + "\(grouped(bounds.slots)) per worker"
    }

    private static func limit(_ limit: BindingLimit?) -> String {
        guard let limit else { return "what waits is held back by its tenants' own limits" }
        return switch limit.dimension {
        case .concurrency: "the provider takes \(grouped(limit.limit)) calls at once"
        case .requestsPerDay: "the provider's requests of today are used"
        case .requests, .tokens, .inputTokens, .outputTokens:
            "the provider's \(grouped(limit.limit)) \(limit.dimension.words)/min are used"
        }
    }

    private static func window(_ plan: WorkerPlan) -> Int64 { plan.bounds.window.components.seconds }

    private static func percent(_ plan: WorkerPlan) -> Int { Int((plan.bounds.cpuTarget * 100).rounded()) }

    /// `3,000`
    private static func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// `366.8`
    private static func tenths(_ number: Double) -> String {
        let tenths = Int((min(max(number, 0), 1e12) * 10).rounded())
        return tenths.isMultiple(of: 10) ? grouped(tenths / 10) : "\(grouped(tenths / 10)).\(tenths % 10)"
    }
}

extension BindingLimit.Dimension {
    fileprivate var words: String { rawValue.split(separator: "_").joined(separator: " ") }
}
