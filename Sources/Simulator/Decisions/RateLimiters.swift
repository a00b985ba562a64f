/// The limiters of all API keys. Keys beyond the first 1,024 share one, so that memory stays bounded.
struct RateLimiters: Sendable {
    private static let maxKeys = 1024
    private var limiters: [String: RateLimiter] = [:]
    private var requestsPerMinute: Int?
    private var tokensPerMinute: Int?

    init(requestsPerMinute: Int?, tokensPerMinute: Int?) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
    }

    /// Every key goes on with other limits; see `RateLimiter.setLimits`.
    mutating func setLimits(requestsPerMinute: Int?, tokensPerMinute: Int?, at now: ContinuousClock.Instant) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
        for key in limiters.keys {
            limiters[key]?.setLimits(requestsPerMinute: requestsPerMinute, tokensPerMinute: tokensPerMinute, at: now)
        }
    }

    /// Admits a call of this key; see `RateLimiter.admit`.
    mutating func admit(
        _ key: String,
        tokens: Int,
        at now: ContinuousClock.Instant
    ) -> (denial: RateLimitDenial?, state: RateLimitState) {
        let key = limiters[key] != nil || limiters.count < Self.maxKeys ? key : ""
        var limiter =
            limiters[key]
            ?? RateLimiter(requestsPerMinute: requestsPerMinute, tokensPerMinute: tokensPerMinute, at: now)
        let denial = limiter.admit(tokens: tokens, at: now)
        limiters[key] = limiter
        return (denial, limiter.state)
    }
}
