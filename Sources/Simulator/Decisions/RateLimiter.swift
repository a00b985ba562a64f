import Penstock

/// The limits of one API key.
struct RateLimiter: Sendable {
    private var buckets: [RateLimitKind: TokenBucket] = [:]

    init(_ limits: MinuteLimits, at now: ContinuousClock.Instant) {
        setLimits(limits, at: now)
    }

    /// Goes on with other limits. One that there was not before starts full.
    mutating func setLimits(_ limits: MinuteLimits, at now: ContinuousClock.Instant) {
        for kind in RateLimitKind.allCases {
            if let limit = limits[kind], limit > 0 {
                let full = TokenBucket(perMinute: limit, seconds: limits.bucketSeconds, at: now)
                buckets[kind, default: full].resize(to: limit, at: now)
            } else {
                buckets[kind] = nil
            }
        }
    }

    /// Takes one request and these tokens, or nothing at all.
    ///
    /// - Returns: why not, or nil when the call may go.
    mutating func admit(_ usage: Usage, at now: ContinuousClock.Instant) -> RateLimitDenial? {
        guard !buckets.isEmpty else { return nil }
        for kind in RateLimitKind.allCases { buckets[kind]?.refill(at: now) }
        for kind in RateLimitKind.allCases {
            if let bucket = buckets[kind], let denial = denial(kind, bucket, kind.amount(of: usage)) { return denial }
        }
        for kind in RateLimitKind.allCases { buckets[kind]?.take(kind.amount(of: usage)) }
        return nil
    }

    /// What the headers of an answer say, as of the last call.
    var state: RateLimitState {
        RateLimitState(
            limits: buckets.mapValues { bucket in
                RateLimitState.Limit(limit: bucket.perMinute, remaining: bucket.remaining, reset: bucket.untilFull)
            }
        )
    }

    private func denial(_ kind: RateLimitKind, _ bucket: TokenBucket, _ amount: Int) -> RateLimitDenial? {
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

/// What is limited; in this order a call is held against the limits.
enum RateLimitKind: Sendable, CaseIterable {
    case requests, tokens, inputTokens, outputTokens

    fileprivate func amount(of usage: Usage) -> Int {
        switch self {
        case .requests: 1
        case .tokens: usage.input + usage.output
        case .inputTokens: usage.input
        case .outputTokens: usage.output
        }
    }
}

/// What an API key may use per minute. Nil, zero and less are no limit.
struct MinuteLimits: Sendable, Equatable {
    var requests: Int?
    /// Input and output together.
    var tokens: Int?
    var inputTokens: Int?
    var outputTokens: Int?
    /// How many seconds' worth of them may be used at once.
    var bucketSeconds = 60

    subscript(kind: RateLimitKind) -> Int? {
        switch kind {
        case .requests: requests
        case .tokens: tokens
        case .inputTokens: inputTokens
        case .outputTokens: outputTokens
        }
    }
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
    }

    var limits: [RateLimitKind: Limit]

    subscript(kind: RateLimitKind) -> Limit? { limits[kind] }
}
