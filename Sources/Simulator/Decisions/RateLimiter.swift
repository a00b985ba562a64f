/// The limits of one API key: requests and tokens per minute, each optional.
struct RateLimiter: Sendable {
    private var requests: TokenBucket?
    private var tokens: TokenBucket?

    /// - Parameters: per minute; nil, zero and less are no limit.
    init(requestsPerMinute: Int?, tokensPerMinute: Int?, at now: ContinuousClock.Instant) {
        requests = Self.bucket(requestsPerMinute, now)
        tokens = Self.bucket(tokensPerMinute, now)
    }

    private static func bucket(_ limit: Int?, _ now: ContinuousClock.Instant) -> TokenBucket? {
        limit.flatMap { $0 > 0 ? TokenBucket(perMinute: $0, at: now) : nil }
    }

    /// Goes on with other limits, as `init` takes them. One that there was not before starts full.
    mutating func setLimits(requestsPerMinute: Int?, tokensPerMinute: Int?, at now: ContinuousClock.Instant) {
        Self.resize(&requests, to: requestsPerMinute, now)
        Self.resize(&tokens, to: tokensPerMinute, now)
    }

    private static func resize(_ bucket: inout TokenBucket?, to limit: Int?, _ now: ContinuousClock.Instant) {
        guard let limit, limit > 0, bucket != nil else {
            bucket = self.bucket(limit, now)
            return
        }
        bucket?.resize(to: limit, at: now)
    }

    /// Takes one request and `amount` tokens, or nothing at all.
    ///
    /// - Returns: why not, or nil when the call may go.
    mutating func admit(tokens amount: Int, at now: ContinuousClock.Instant) -> RateLimitDenial? {
        requests?.refill(at: now)
        tokens?.refill(at: now)
        if let denial = requests.flatMap({ denial(.requests, $0, amount: 1) }) { return denial }
        if let denial = tokens.flatMap({ denial(.tokens, $0, amount: amount) }) { return denial }
        requests?.take(1)
        tokens?.take(amount)
        return nil
    }

    /// What the headers of an answer say, as of the last call.
    var state: RateLimitState {
        RateLimitState(requests: requests.map(RateLimitState.Limit.init), tokens: tokens.map(RateLimitState.Limit.init))
    }

    private func denial(_ kind: RateLimitKind, _ bucket: TokenBucket, amount: Int) -> RateLimitDenial? {
        let wait = bucket.wait(for: amount)
        guard wait > .zero else { return nil }
        return RateLimitDenial(
            kind: kind,
            limit: bucket.capacity,
            used: bucket.capacity - bucket.remaining,
            requested: amount,
            retryAfter: amount > bucket.capacity ? nil : wait
        )
    }
}

/// Which of the two limits.
enum RateLimitKind: String, Sendable {
    case requests, tokens
}

/// Why a call was refused.
struct RateLimitDenial: Sendable, Equatable {
    var kind: RateLimitKind
    var limit: Int
    var used: Int
    var requested: Int
    /// Nil when the request is larger than the limit, so that waiting does not help.
    var retryAfter: Duration?
}

/// How much of the limits is left.
struct RateLimitState: Sendable, Equatable {
    struct Limit: Sendable, Equatable {
        var limit: Int
        var remaining: Int
        var reset: Duration

        init(_ bucket: TokenBucket) {
            limit = bucket.capacity
            remaining = bucket.remaining
            reset = bucket.untilFull
        }
    }

    var requests: Limit?
    var tokens: Limit?
}
