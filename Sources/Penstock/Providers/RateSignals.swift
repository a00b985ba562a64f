/// What a provider's answer says about the limits it keeps, as far as it says anything.
///
/// A level that names nothing usable is nil. Times are relative to the moment the answer came.
package struct RateSignals: Sendable, Equatable {
    /// One limit as its headers show it.
    package struct Level: Sendable, Equatable {
        /// The most per minute that the provider grants.
        package var limit: Int?
        /// What may still be used now.
        package var remaining: Int?
        /// Until the limit is whole again.
        package var reset: Duration?

        package init(limit: Int? = nil, remaining: Int? = nil, reset: Duration? = nil) {
            self.limit = limit
            self.remaining = remaining
            self.reset = reset
        }
    }

    package var requests: Level?
    /// Input and output together.
    package var tokens: Level?
    package var inputTokens: Level?
    package var outputTokens: Level?

    package init(requests: Level? = nil, tokens: Level? = nil, inputTokens: Level? = nil, outputTokens: Level? = nil) {
        self.requests = requests
        self.tokens = tokens
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
    }
}

/// What a call says about its target, for everybody who would call it next.
package enum TargetVerdict: Sendable, Equatable {
    /// Nothing: it was not reached, or somebody else ended the call.
    case none
    /// It works.
    case answered
    /// It refused by a rate limit: nobody calls it for so long, then one call tries.
    case limited(for: Duration)
    /// It is overloaded; with a duration it asks to be left alone so long.
    case overloaded(for: Duration?)
    /// The account has nothing left to spend: the target stops until an operator resumes it.
    case exhausted
}
