/// Moments as RFC 3339 and HTTP's headers write them. Text in any other form is nil.
extension Timestamp {
    /// The end of the year 9999.
    private static let latest: Int64 = 253_402_300_799

    /// - Returns: nil unless the seconds are in the years 1970 to 9999.
    package init?(unixSeconds seconds: Int64) {
        guard (0...Self.latest).contains(seconds) else { return nil }
        self.init(milliseconds: seconds * 1000)
    }

    /// RFC 3339, such as `2026-11-22T10:00:00Z` or `2026-11-22T12:00:00.5+02:00`; kept to the millisecond.
    package init?(rfc3339 text: String) {
        let text = Array(text.utf8)
        guard text.count >= 20, let time = Self.civilTime(text) else { return nil }
        var rest = text[19...]
        var milliseconds: Int64 = 0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (48...57).contains($0) }
            guard (1...9).contains(digits.count) else { return nil }
            let padded = Array(digits.prefix(3)) + Array(repeating: UInt8(ascii: "0"), count: max(0, 3 - digits.count))
            milliseconds = Int64(String(decoding: padded, as: UTF8.self)) ?? 0
            rest = rest[digits.endIndex...]
        }
        guard let offset = Self.offset(rest), let moment = Timestamp(unixSeconds: time.unixSeconds - offset)
        else { return nil }
        self.init(milliseconds: moment.milliseconds + milliseconds)
    }

    /// The form of RFC 9110 that senders have to use, such as `Sun, 06 Nov 1994 08:49:37 GMT`; the name of the day is
    /// not looked at.
    package init?(httpDate text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Self.number(parts[1].utf8),
            let month = Self.months.firstIndex(of: String(parts[2])), let year = Self.number(parts[3].utf8)
        else { return nil }
        let clock = parts[4].split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, let hour = Self.number(clock[0].utf8), let minute = Self.number(clock[1].utf8),
            let second = Self.number(clock[2].utf8), let time = Self.checked(year, month + 1, day, hour, minute, second)
        else { return nil }
        self.init(unixSeconds: time.unixSeconds)
    }

    /// RFC 3339 in UTC, such as `2026-11-22T10:00:00Z`, without what is below a second.
    package var rfc3339: String {
        let time = CivilTime(unixSeconds: seconds)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let year = String(repeating: "0", count: max(0, 4 - "\(time.year)".utf8.count)) + "\(time.year)"
        return "\(year)-\(two(time.month))-\(two(time.day))T"
            + "\(two(time.hour)):\(two(time.minute)):\(two(time.second))Z"
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `YYYY-MM-DDThh:mm:ss` at the start of `text`.
    private static func civilTime(_ text: [UInt8]) -> CivilTime? {
        let separators: [(Int, String)] = [(4, "-"), (7, "-"), (10, "Tt "), (13, ":"), (16, ":")]
        guard separators.allSatisfy({ place, allowed in allowed.utf8.contains(text[place]) }),
            let year = number(text[0..<4]), let month = number(text[5..<7]), let day = number(text[8..<10]),
            let hour = number(text[11..<13]), let minute = number(text[14..<16]), let second = number(text[17..<19])
        else { return nil }
        return checked(year, month, day, hour, minute, second)
    }

    private static func checked(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Int)
        -> CivilTime?
    {
        guard year <= 9999, (1...12).contains(month), (1...CivilTime.daysInMonth(month, of: year)).contains(day),
            hour < 24, minute < 60, second <= 60
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

    /// Nothing but digits, so no sign either.
    private static func number(_ digits: some Collection<UInt8>) -> Int? {
        guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
