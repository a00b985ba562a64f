import Glibc

/// Times for people, always in UTC so that everyone in a team reads the same.
enum TimeText {
    /// `2026-11-22 16:40:02Z` from unix seconds; nil stays nil.
    static func utc(_ seconds: Int?) -> String? {
        guard let seconds else { return nil }
        var time = time_t(seconds)
        var parts = tm()
        guard gmtime_r(&time, &parts) != nil else { return "\(seconds)" }
        let date = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
        return "\(date) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    }

    /// `12s`, `3m 05s`, `2h 07m`, `3d 04h`; rounded up to whole seconds.
    static func span(_ duration: Duration) -> String {
        let seconds = Int(duration.components.seconds) + (duration.components.attoseconds > 0 ? 1 : 0)
        switch seconds {
        case ..<60: return "\(max(seconds, 0))s"
        case ..<3600: return "\(seconds / 60)m \(two(Int32(seconds % 60)))s"
        case ..<86_400: return "\(seconds / 3600)h \(two(Int32(seconds % 3600 / 60)))m"
        default: return "\(seconds / 86_400)d \(two(Int32(seconds % 86_400 / 3600)))h"
        }
    }

    /// Unix seconds now.
    static var now: Int { time(nil) }

    private static func two(_ value: Int32) -> String { String(value).leftPadded(to: 2, with: "0") }
}

/// A moment as `--since` and `--until` take it.
enum MomentText {
    /// What an error message says is allowed.
    static let allowed = "a duration back from now (24h, 7d), a date (2026-11-22), RFC 3339, or unix seconds"

    /// What the server is sent: unix seconds for durations, midnight UTC for dates, the rest as it is.
    static func query(_ text: String, now: Int) -> String? {
        if let back = WindowText.seconds(text) { return String(now - back) }
        let bytes = Array(text.utf8)
        if !bytes.isEmpty, bytes.allSatisfy(isDigit) { return text }
        let isDate =
            bytes.count >= 10 && [4, 7].allSatisfy { bytes[$0] == UInt8(ascii: "-") }
            && [0, 1, 2, 3, 5, 6, 8, 9].allSatisfy { isDigit(bytes[$0]) }
        guard isDate else { return nil }
        if bytes.count == 10 { return text + "T00:00:00Z" }
        return bytes[10] == UInt8(ascii: "T") ? text : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}

/// Durations as the server takes them: `90s`, `15m`, `24h`, `7d`.
enum WindowText {
    /// What an error message says is allowed.
    static let allowed = "a whole number followed by s, m, h or d, such as 15m or 24h"

    /// - Returns: nil when the text is not such a duration.
    static func seconds(_ text: String) -> Int? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), (2...8).contains(text.utf8.count) else { return nil }
        let digits = text.dropLast()
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(digits), number > 0 else {
            return nil
        }
        return number * unit
    }
}
