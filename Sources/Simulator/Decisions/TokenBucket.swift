/// A limit per minute: holds at most one minute's worth, starts full and fills up steadily.
struct TokenBucket: Sendable {
    /// What it holds when full: the published limit.
    private(set) var capacity: Int
    private var level: Double
    private var filledAt: ContinuousClock.Instant

    init(perMinute capacity: Int, at now: ContinuousClock.Instant) {
        self.capacity = capacity
        level = Double(capacity)
        filledAt = now
    }

    /// Whole units that are left.
    var remaining: Int { max(0, Int(level)) }

    /// How long until the bucket is full again.
    var untilFull: Duration { timeToGain(Double(capacity) - level) }

    /// Adds what has accrued since the last time.
    mutating func refill(at now: ContinuousClock.Instant) {
        guard now > filledAt else { return }
        let elapsed = (now - filledAt) / .seconds(60)
        level = min(Double(capacity), level + elapsed * Double(capacity))
        filledAt = now
    }

    /// How long until `amount` can be taken; zero when it can be now. More than the capacity never can.
    func wait(for amount: Int) -> Duration {
        timeToGain(Double(amount) - level)
    }

    /// Goes on with another limit; what was saved up above it is lost.
    mutating func resize(to capacity: Int, at now: ContinuousClock.Instant) {
        refill(at: now)
        self.capacity = capacity
        level = min(level, Double(capacity))
    }

    mutating func take(_ amount: Int) {
        level -= Double(amount)
    }

    private func timeToGain(_ missing: Double) -> Duration {
        // Less than a millionth is rounding: who waited as long as told must get in.
        missing < 1e-6 ? .zero : .seconds(60 * missing / Double(capacity))
    }
}
