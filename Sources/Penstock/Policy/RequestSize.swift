/// Whether a request can ever be let through: one that is estimated above what a limit grants in a whole minute would
/// wait for ever.
package enum RequestSize {
    /// The limit that a request is too large for.
    package struct Excess: Sendable, Equatable {
        package var dimension: LimitGroupOverview.Dimension
        /// Tokens of this dimension that the request is estimated at.
        package var estimate: Int
        /// Tokens per minute that the limit grants.
        package var limit: Int

        package init(dimension: LimitGroupOverview.Dimension, estimate: Int, limit: Int) {
            self.dimension = dimension
            self.estimate = estimate
            self.limit = limit
        }
    }

    /// - Returns: nil when at least one target of the pool can take the request, else what the target that comes
    ///   nearest to it grants.
    package static func excess(of estimate: TokenEstimate, in pool: Pool) -> Excess? {
        var nearest: Excess?
        for target in pool.targets {
            guard let excess = excess(of: estimate, on: target, groups: pool.limitGroups) else { return nil }
            if nearest.map({ excess.share > $0.share }) ?? true { nearest = excess }
        }
        return nearest
    }

    /// - Throws: `RequestRefusal` `request_exceeds_rate_limit` with the numbers.
    package static func check(_ estimate: TokenEstimate, in pool: Pool) throws(RequestRefusal) {
        guard let excess = excess(of: estimate, in: pool) else { return }
        throw RequestRefusal(
            code: "request_exceeds_rate_limit",
            message: "The request is estimated at \(excess.estimate) \(excess.dimension.words); the rate limit of "
                + "its model is \(excess.limit) per minute. Send a smaller request or a lower output cap.",
            param: "body"
        )
    }

    /// The limit of the target's groups that is exceeded the most; nil when all grant enough.
    private static func excess(of estimate: TokenEstimate, on target: Target, groups: [LimitGroup]) -> Excess? {
        groups.lazy.filter { target.limitGroups.contains($0.name) }
            .flatMap { group in
                [
                    (.tokens, estimate.input + estimate.output, group.tokensPerMinute),
                    (.inputTokens, estimate.input, group.inputTokensPerMinute),
                    (.outputTokens, estimate.output, group.outputTokensPerMinute),
                ] as [(LimitGroupOverview.Dimension, Int, Int?)]
            }
            .compactMap { dimension, need, limit in
                limit.flatMap { need > $0 ? Excess(dimension: dimension, estimate: need, limit: $0) : nil }
            }
            .min { $0.share < $1.share }
    }
}

extension RequestSize.Excess {
    /// How much of the request the limit grants, below 1.
    fileprivate var share: Double { Double(limit) / Double(estimate) }
}

extension LimitGroupOverview.Dimension {
    fileprivate var words: String {
        switch self {
        case .requests: "requests"
        case .tokens: "tokens"
        case .inputTokens: "input tokens"
        case .outputTokens: "output tokens"
        }
    }
}
