import Penstock

/// Moments as callers write them: unix seconds, or RFC 3339 such as `2026-11-22T10:00:00Z`.
enum MomentText {
    /// What an error message says is allowed.
    static let allowed = "unix seconds or RFC 3339, such as 2026-11-22T10:00:00Z"
    /// The end of the year 9999.
    private static let latest: Int64 = 253_402_300_799

    static func parse(_ text: String) -> Timestamp? {
        if let seconds = Int64(text) { return timestamp(seconds) }
        return rfc3339(Array(text.utf8))
    }

    /// - Returns: nil unless the seconds are in the years 1970 to 9999.
    static func timestamp(_ seconds: Int64) -> Timestamp? {
        (0...latest).contains(seconds) ? Timestamp(milliseconds: seconds * 1000) : nil
    }

    private static func rfc3339(_ text: [UInt8]) -> Timestamp? {
        guard text.count >= 20, let time = civilTime(text) else { return nil }
        var rest = text[19...]
        var milliseconds: Int64 = 0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (48...57).contains($0) }
            guard (1...9).contains(digits.count) else { return nil }
            let padded = Array(digits.prefix(3)) + Array(repeating: UInt8(ascii: "0"), count: max(0, 3 - digits.count))
            milliseconds = Int64(String(decoding: padded, as: UTF8.self)) ?? 0
            rest = rest[digits.endIndex...]
        }
        guard let offset = offset(rest), let moment = timestamp(time.unixSeconds - offset) else { return nil }
        return Timestamp(milliseconds: moment.milliseconds + milliseconds)
    }

    /// `YYYY-MM-DDThh:mm:ss` at the start of `text`.
    private static func civilTime(_ text: [UInt8]) -> CivilTime? {
        let separators: [(Int, String)] = [(4, "-"), (7, "-"), (10, "Tt "), (13, ":"), (16, ":")]
        guard separators.allSatisfy({ place, allowed in allowed.utf8.contains(text[place]) }),
            let year = number(text[0..<4]), let month = number(text[5..<7]), let day = number(text[8..<10]),
            let hour = number(text[11..<13]), let minute = number(text[14..<16]), let second = number(text[17..<19]),
            (1...12).contains(month), (1...CivilTime.daysInMonth(month, of: year)).contains(day), hour < 24,
            minute < 60, second <= 60
        else { return nil }
        return CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    }

    /// Seconds east of UTC.
    private static func offset(_ text: ArraySlice<UInt8>) -> Int64? {
        let text = Array(text)
        if text == [UInt8(ascii: "Z")] || text == [UInt8(ascii: "z")] { return 0 }
        guard text.count == 6, text[3] == UInt8(ascii: ":"), let hours = number(text[1..<3]),
            let minutes = number(text[4..<6]), hours < 24, minutes < 60
        else { return nil }
        let seconds = Int64(hours * 3600 + minutes * 60)
        switch text[0] {
        case UInt8(ascii: "+"): return seconds
        case UInt8(ascii: "-"): return -seconds
        default: return nil
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
