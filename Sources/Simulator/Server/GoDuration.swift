import Penstock

/// Durations as Go prints them, which is how OpenAI's headers and messages carry them: `0s`, `120ms`, `1.78s`,
/// `11m32.334s`.
enum GoDuration {
    static func text(_ duration: Duration) -> String {
        let milliseconds = duration.wholeMillisecondsRoundedUp
        guard milliseconds > 0 else { return "0s" }
        guard milliseconds >= 1000 else { return "\(milliseconds)ms" }
        let (minutes, rest) = milliseconds.quotientAndRemainder(dividingBy: 60_000)
        let seconds = secondsText(rest)
        guard minutes > 0 else { return seconds }
        return minutes < 60 ? "\(minutes)m\(seconds)" : "\(minutes / 60)h\(minutes % 60)m\(seconds)"
    }

    /// Seconds without trailing zeros: `1.78s`.
    private static func secondsText(_ milliseconds: Int64) -> String {
        var fraction = String(1000 + milliseconds % 1000).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return fraction.isEmpty ? "\(milliseconds / 1000)s" : "\(milliseconds / 1000).\(fraction)s"
    }
}
