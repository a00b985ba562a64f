/// A limit per minute: holds some seconds' worth of it, starts full and fills up steadily.
struct TokenBucket: Sendable {
    /// The published limit.
    private(set) var perMinute: Int
    private let seconds: Int
    private var level: Double
    private var filledAt: ContinuousClock.Instant

    /// - Parameter seconds: how long an empty one takes to fill up.
    init(perMinute: Int, seconds: Int = 60, at now: ContinuousClock.Instant) {
        self.perMinute = perMinute
        self.seconds = seconds
        level = 0
        filledAt = now
        level = Double(capacity)
    }

    /// What it holds when full, which is one at least.
    var capacity: Int { max(1, perMinute * seconds / 60) }

    /// Whole units that are left.
    var remaining: Int { max(0, Int(level)) }

    /// How long until the bucket is full again.
    var untilFull: Duration { timeToGain(Double(capacity) - level) }

    /// Adds what has accrued since the last time.
    mutating func refill(at now: ContinuousClock.Instant) {
        guard now > filledAt else { return }
        let elapsed = (now - filledAt) / .seconds(60)
        level = min(Double(capacity), level + elapsed * Double(perMinute))
        filledAt = now
    }

    /// How long until `amount` can be taken; zero when it can be now. More than the capacity never can.
    func wait(for amount: Int) -> Duration {
        timeToGain(Double(amount) - level)
    }

    /// Goes on with another limit; what was saved up above it is lost.
    mutating func resize(to perMinute: Int, at now: ContinuousClock.Instant) {
        refill(at: now)
        self.perMinute = perMinute
        level = min(level, Double(capacity))
    }

    mutating func take(_ amount: Int) {
        level -= Double(amount)
    }

    private func timeToGain(_ missing: Double) -> Duration {
        // Less than a millionth is rounding: who waited as long as told must get in.
        missing < 1e-6 ? .zero : .seconds(60 * missing / Double(perMinute))
    }
}
