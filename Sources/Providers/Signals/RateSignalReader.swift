import Penstock

/// Reads what an answer's headers say about limits. Pure; a value that makes no sense is as good as none.
enum RateSignalReader {
    /// Far above any account's limit, and exact as a double.
    private static let most = 1_000_000_000_000
    /// A limit that takes longer to become whole is not one per minute.
    private static let longestWindow = Duration.seconds(600)

    /// - Parameters:
    ///   - header: a header's value by its lower-case name.
    ///   - now: when the answer came; the provider's own `date` goes before it, as its resets are by the same clock.
    /// - Returns: nil when they say nothing usable.
    static func read(_ header: (String) -> String?, at now: Timestamp) -> RateSignals? {
        let moment = header("date").flatMap(Timestamp.init(httpDate:)) ?? now
        for names in LimitHeaders.all {
            let signals = signals(names) { level($0, header, moment) }
            if signals != RateSignals() { return signals }
        }
        return nil
    }

    private static func signals(
        _ names: LimitHeaders,
        _ level: (LimitHeaders.Names) -> RateSignals.Level?
    ) -> RateSignals {
        var signals = RateSignals(
            requests: level(names.requests),
            inputTokens: names.inputTokens.flatMap(level),
            outputTokens: names.outputTokens.flatMap(level)
        )
        if signals.inputTokens == nil, signals.outputTokens == nil { signals.tokens = level(names.tokens) }
        return signals
    }

    private static func level(_ names: LimitHeaders.Names, _ header: (String) -> String?, _ moment: Timestamp)
        -> RateSignals.Level?
    {
        let limit = number(header(names.limit), from: 1)
        var remaining = number(header(names.remaining), from: 0)
        guard limit != nil || remaining != nil else { return nil }
        if let limit { remaining = remaining.map { min($0, limit) } }
        let reset = names.reset.flatMap(header).flatMap { LimitReset($0, at: moment) }
        guard isPerMinute(limit, remaining, reset) else { return nil }
        let period = names.period.flatMap { number(header($0), from: 1) } ?? 60
        guard Duration.seconds(period) <= longestWindow else { return nil }
        return RateSignals.Level(
            limit: limit.map { $0 * 60 / period },
            remaining: remaining,
            reset: reset?.duration
        )
    }

    /// Whether a limit may be one per minute: OpenAI and others tell limits per day in the same headers.
    ///
    /// Their buckets fill up steadily, so the time until what was used is back, stretched to the whole limit, is the
    /// window: `8.64s` for 1 of 10,000 is a day, `120ms` for 1 of 500 a minute. Where whole seconds are all there is,
    /// little use would seem to take long, so they are only compared as they are.
    private static func isPerMinute(_ limit: Int?, _ remaining: Int?, _ reset: LimitReset?) -> Bool {
        guard let reset else { return true }
        guard reset.isFine, let limit, let remaining, remaining < limit else {
            return reset.duration <= longestWindow
        }
        return reset.duration * (Double(limit) / Double(limit - remaining)) <= longestWindow
    }

    /// A whole number that makes sense; anything else is nil.
    private static func number(_ text: String?, from least: Int) -> Int? {
        guard let number = text.flatMap({ Int($0) }), (least...most).contains(number) else { return nil }
        return number
    }
}
