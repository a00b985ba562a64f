import Penstock
import Synchronization

/// A provider that keeps its limits in token buckets and takes its time to answer.
final class SimulatedProvider: Sendable {
    /// The most per minute; nil is no limit.
    struct Limits: Sendable {
        var requests: Int?
        var tokens: Int?
        /// How many seconds' worth of them its buckets hold.
        var seconds = 60.0
        /// Whether answers tell them.
        var areTold = true
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
    private let areTold: Bool
    private let state: Mutex<State>

    init(_ limits: Limits, latency: Latency = Latency()) {
        self.latency = latency
        areTold = limits.areTold
        state = Mutex(
            State(
                requests: limits.requests.map { Bucket(perMinute: $0, seconds: limits.seconds) },
                tokens: limits.tokens.map { Bucket(perMinute: $0, seconds: limits.seconds) }
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
        guard areTold else { return (wait, RateSignals()) }
        return (wait, RateSignals(requests: state.requests?.told, tokens: state.tokens?.told))
    }
}

/// A bucket that holds some seconds' worth and fills evenly.
struct Bucket: Sendable {
    let perMinute: Int
    private let capacity: Double
    private var level: Double
    private var filledAt = 0.0

    init(perMinute: Int, seconds: Double) {
        self.perMinute = perMinute
        capacity = Double(perMinute) * seconds / 60
        level = capacity
    }

    private var perSecond: Double { Double(perMinute) / 60 }

    mutating func refill(_ time: Double) {
        level = min(capacity, level + max(0, time - filledAt) * perSecond)
        filledAt = max(time, filledAt)
    }

    /// Seconds until `amount` is there; 0 when it is.
    func wait(_ amount: Int) -> Double { max(0, (Double(amount) - level) / perSecond) }

    mutating func take(_ amount: Int) { level -= Double(amount) }

    /// As headers show it.
    var told: RateSignals.Level {
        let reset = (capacity - level) / perSecond
        return RateSignals.Level(limit: perMinute, remaining: max(0, Int(level)), reset: .fraction(reset))
    }
}
