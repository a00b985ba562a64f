/// The headers in which a family of providers tells its limits. Facts: recordings in Tests/ProvidersTests/Golden and the
/// providers' documentation.
struct LimitHeaders: Sendable {
    /// The headers of one limit.
    struct Names: Sendable {
        let limit: String
        let remaining: String
        var reset: String?
        /// In how many seconds `limit` is granted, where that may be something else than a minute.
        var period: String?
    }

    var requests: Names
    var tokens: Names
    var inputTokens: Names?
    var outputTokens: Names?

    static let all = [anthropic, openAI, mistral]

    /// `tokens` is whichever of the others leaves least, so it counts only where they are not told.
    static let anthropic = LimitHeaders(
        requests: named("requests"),
        tokens: named("tokens"),
        inputTokens: named("input-tokens"),
        outputTokens: named("output-tokens")
    )

    /// OpenAI's, which Azure, xAI (without a reset), Groq and others took over. A period is Azure's.
    static let openAI = LimitHeaders(
        requests: Names(
            limit: "x-ratelimit-limit-requests",
            remaining: "x-ratelimit-remaining-requests",
            reset: "x-ratelimit-reset-requests",
            period: "x-ratelimit-renewalperiod-requests"
        ),
        tokens: Names(
            limit: "x-ratelimit-limit-tokens",
            remaining: "x-ratelimit-remaining-tokens",
            reset: "x-ratelimit-reset-tokens",
            period: "x-ratelimit-renewalperiod-tokens"
        )
    )

    static let mistral = LimitHeaders(
        requests: Names(limit: "x-ratelimit-limit-req-minute", remaining: "x-ratelimit-remaining-req-minute"),
        tokens: Names(limit: "x-ratelimit-limit-tokens-minute", remaining: "x-ratelimit-remaining-tokens-minute")
    )

    private static func named(_ kind: String) -> Names {
        Names(
            limit: "anthropic-ratelimit-\(kind)-limit",
            remaining: "anthropic-ratelimit-\(kind)-remaining",
            reset: "anthropic-ratelimit-\(kind)-reset"
        )
    }
}
