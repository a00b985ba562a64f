/// The header `Retry-After`, as providers and receivers of webhooks send it, and the one for milliseconds beside it.
/// Both give at most a week.
package enum RetryAfter {
    private static let longest = Duration.seconds(7 * 24 * 3600)

    /// Seconds, or the date of RFC 9110.
    ///
    /// - Parameters:
    ///   - text: the header's value; seconds may have a fraction, which the standard does not know but some send.
    ///   - now: what a date is compared with.
    /// - Returns: nil for nonsense and for a date that has passed.
    package static func read(_ text: String?, at now: Timestamp) -> Duration? {
        guard let text else { return nil }
        if let seconds = number(text) { return duration(milliseconds: seconds * 1000) }
        guard let date = Timestamp(httpDate: text), now < date else { return nil }
        return min(date.since(now), longest)
    }

    /// The value of `retry-after-ms`; nil for nonsense.
    package static func read(milliseconds text: String?) -> Duration? {
        text.flatMap(number).map(duration(milliseconds:))
    }

    /// Digits, perhaps with a fraction: no sign, no exponent, no blanks.
    private static func number(_ text: String) -> Double? {
        guard text.utf8.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: ".") }),
            text.utf8.first != UInt8(ascii: ".")
        else { return nil }
        return Double(text)
    }

    /// Rounded up, so that who waits that long has waited enough.
    private static func duration(milliseconds: Double) -> Duration {
        .milliseconds(Int64(min(milliseconds, Double(longest.wholeMilliseconds)).rounded(.up)))
    }
}
