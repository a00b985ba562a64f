import Penstock
import Synchronization

/// A provider that keeps its limits in token buckets of one minute and takes its time to answer.
final class SimulatedProvider: Sendable {
    /// The most per minute; nil is no limit.
    struct Limits: Sendable {
        var requests: Int?
        var tokens: Int?
    }

    /// Seconds of a call: a base with a spread of ±20 %, and the answer's length.
    struct Latency: Sendable {
        var base = 0.3
        var perOutputToken = 0.001
        /// What everything is multiplied with, by seconds since the provider began.
        var slowdown: @Sendable (Double) -> Double = { _ in 1 }

        func seconds(_ plan: CallPlan, at time: Double) -> Double {
            (base * Double.random(in: 0.8...1.2) + Double(plan.output) * perOutputToken) * slowdown(time)
        }
    }

    enum Answer: Sendable {
        case done(RateSignals, seconds: Double)
        case refused(RateSignals, retryAfter: Duration)
    }

    private struct State {
        var requests: Bucket?
        var tokens: Bucket?
    }

    let journal = Journal()
    private let latency: Latency
    private let state: Mutex<State>

    init(_ limits: Limits, latency: Latency = Latency()) {
        self.latency = latency
        state = Mutex(
            State(
                requests: limits.requests.map { Bucket(perMinute: $0) },
                tokens: limits.tokens.map { Bucket(perMinute: $0) }
            )
        )
    }

    func call(_ plan: CallPlan, tenant: TenantID) async -> Answer {
        let time = journal.seconds
        let (wait, signals) = state.withLock { state in admit(plan, time, &state) }
        journal.add(Journal.Start(time: time, tenant: tenant, tokens: plan.tokens, accepted: wait == 0))
        guard wait == 0 else {
            try? await Task.sleep(for: .milliseconds(20))
            return .refused(signals, retryAfter: .fraction(wait))
        }
        let seconds = latency.seconds(plan, at: time)
        try? await Task.sleep(for: .fraction(seconds))
        return .done(signals, seconds: seconds)
    }

    /// Both buckets or none; how long until there is enough.
    private func admit(_ plan: CallPlan, _ time: Double, _ state: inout State) -> (Double, RateSignals) {
        state.requests?.refill(time)
        state.tokens?.refill(time)
        let wait = max(state.requests?.wait(1) ?? 0, state.tokens?.wait(plan.tokens) ?? 0)
        if wait == 0 {
            state.requests?.take(1)
            state.tokens?.take(plan.tokens)
        }
        return (wait, RateSignals(requests: state.requests?.told, tokens: state.tokens?.told))
    }
}

/// A bucket that holds one minute's worth and fills evenly.
struct Bucket: Sendable {
    let perMinute: Int
    private var level: Double
    private var filledAt = 0.0

    init(perMinute: Int) {
        self.perMinute = perMinute
        level = Double(perMinute)
    }

    private var perSecond: Double { Double(perMinute) / 60 }

    mutating func refill(_ time: Double) {
        level = min(Double(perMinute), level + max(0, time - filledAt) * perSecond)
        filledAt = max(time, filledAt)
    }

    /// Seconds until `amount` is there; 0 when it is.
    func wait(_ amount: Int) -> Double { max(0, (Double(amount) - level) / perSecond) }

    mutating func take(_ amount: Int) { level -= Double(amount) }

    /// As headers show it.
    var told: RateSignals.Level {
        let reset = (Double(perMinute) - level) / perSecond
        return RateSignals.Level(limit: perMinute, remaining: max(0, Int(level)), reset: .fraction(reset))
    }
}
