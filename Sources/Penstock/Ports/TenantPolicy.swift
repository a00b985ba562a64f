/// A tenant's share and bounds in every pool. Nil is no bound; changes hold for what waits already.
package struct TenantPolicy: Sendable, Equatable {
    /// Relative share of tokens; 1 by default.
    package var weight: Int
    /// Jobs running at once, per pool.
    package var maxRunning: Int?
    /// Calls started per minute, per pool.
    package var requestsPerMinute: Int?
    /// Tokens of calls started per minute, per pool.
    package var tokensPerMinute: Int?
    /// Bounds of what is live in one pool.
    package var caps: LiveCaps
    /// Nothing of the tenant starts while true; what runs goes on.
    package var isPaused: Bool

    package init(
        weight: Int = 1,
        maxRunning: Int? = nil,
        requestsPerMinute: Int? = nil,
        tokensPerMinute: Int? = nil,
        caps: LiveCaps = LiveCaps(),
        isPaused: Bool = false
    ) {
        self.weight = weight
        self.maxRunning = maxRunning
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
        self.caps = caps
        self.isPaused = isPaused
    }
}

/// The most that may be live (waiting, running or delayed) at once; nil is no bound.
package struct LiveCaps: Sendable, Equatable {
    package var jobs: Int?
    /// Bytes of request bodies that wait in the queue itself.
    package var bytes: Int?
    /// Estimated tokens, input and output together.
    package var tokens: Int?

    package init(jobs: Int? = nil, bytes: Int? = nil, tokens: Int? = nil) {
        self.jobs = jobs
        self.bytes = bytes
        self.tokens = tokens
    }
}
