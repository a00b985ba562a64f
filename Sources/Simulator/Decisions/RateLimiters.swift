import Penstock

/// The limiters of all API keys. Keys beyond the first 1,024 share one, so that memory stays bounded.
struct RateLimiters: Sendable {
    private static let maxKeys = 1024
    private var limiters: [String: RateLimiter] = [:]
    private var limits: MinuteLimits

    init(_ limits: MinuteLimits) {
        self.limits = limits
    }

    /// Every key goes on with other limits; see `RateLimiter.setLimits`.
    mutating func setLimits(_ limits: MinuteLimits, at now: ContinuousClock.Instant) {
        self.limits = limits
        for key in limiters.keys { limiters[key]?.setLimits(limits, at: now) }
    }

    /// Admits a call of this key; see `RateLimiter.admit`.
    mutating func admit(
        _ key: String,
        _ usage: Usage,
        at now: ContinuousClock.Instant
    ) -> (denial: RateLimitDenial?, state: RateLimitState) {
        let key = limiters[key] != nil || limiters.count < Self.maxKeys ? key : ""
        var limiter = limiters[key] ?? RateLimiter(limits, at: now)
        let denial = limiter.admit(usage, at: now)
        limiters[key] = limiter
        return (denial, limiter.state)
    }
}
