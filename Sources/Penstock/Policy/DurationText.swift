/// Durations as people write them in settings, windows and deadlines: `90s`, `15m`, `24h`, `7d`.
package enum DurationText {
    /// What an error message says is allowed.
    package static let allowed = "a whole number followed by s, m, h or d, from 1s to 30d, such as 15m or 24h"
    private static let longest = 30 * 86_400

    /// - Returns: nil when the text is not a duration of 1 second to 30 days.
    package static func parse(_ text: String) -> Duration? {
        guard let unit = text.utf8.last, let seconds = secondsPerUnit(unit) else { return nil }
        let digits = text.utf8.dropLast()
        guard (1...7).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }),
            let number = Int(String(decoding: digits, as: UTF8.self))
        else { return nil }
        let (total, overflow) = number.multipliedReportingOverflow(by: seconds)
        guard !overflow, (1...longest).contains(total) else { return nil }
        return .seconds(total)
    }

    private static func secondsPerUnit(_ unit: UInt8) -> Int? {
        switch unit {
        case UInt8(ascii: "s"): 1
        case UInt8(ascii: "m"): 60
        case UInt8(ascii: "h"): 3600
        case UInt8(ascii: "d"): 86_400
        default: nil
        }
    }
}
