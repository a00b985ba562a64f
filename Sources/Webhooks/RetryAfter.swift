import Penstock

/// The header `Retry-After`: seconds, or the date of RFC 9110, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
enum RetryAfter {
    private static let mostSeconds: Int64 = 7 * 24 * 3600
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// - Parameter now: seconds since 1970.
    /// - Returns: nil for nonsense and for a date that has passed: the schedule decides then.
    static func read(_ text: String?, at now: Int64) -> Duration? {
        guard let text, !text.isEmpty else { return nil }
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return .seconds(min(Int64(text) ?? mostSeconds, mostSeconds))
        }
        guard let date = date(text), date > now else { return nil }
        return .seconds(min(date - now, mostSeconds))
    }

    /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`; the name of the day is not looked at.
    private static func date(_ text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = number(parts[1], in: 1...31),
            let month = months.firstIndex(of: String(parts[2])), let year = number(parts[3], in: 1970...9999)
        else { return nil }
        let clock = parts[4].split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, let hour = number(clock[0], in: 0...23), let minute = number(clock[1], in: 0...59),
            let second = number(clock[2], in: 0...60)
        else { return nil }
        return CivilTime(year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second).unixSeconds
    }

    private static func number(_ text: Substring, in range: ClosedRange<Int>) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else { return nil }
        return range.contains(number) ? number : nil
    }
}
