import Penstock

/// In how long a limit is whole again, in any of the forms that providers write.
struct LimitReset: Equatable {
    let duration: Duration
    /// Written to the millisecond, so that the length of the limit's window follows from it; others are whole seconds.
    let isFine: Bool

    /// - Parameters:
    ///   - text: `1m6.5s` (OpenAI), `42` for seconds (Azure), or RFC 3339 (Anthropic).
    ///   - now: what a moment is compared with; one that has passed is no time at all.
    /// - Returns: nil for nonsense.
    init?(_ text: String, at now: Timestamp) {
        if let duration = GoDuration.parse(text) {
            self.duration = duration
            isFine = true
        } else if let duration = RetryAfter.read(text, at: now) {
            self.duration = duration
            isFine = false
        } else if let moment = Timestamp(rfc3339: text) {
            duration = max(.zero, moment.since(now))
            isFine = false
        } else {
            return nil
        }
    }
}
