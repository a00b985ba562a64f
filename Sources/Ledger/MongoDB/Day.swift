import Penstock

/// A day in UTC, as reports show it: `2026-01-31`.
enum Day {
    static func of(_ time: Timestamp) -> String {
        let seconds = time.milliseconds / 1000 - (time.milliseconds % 1000 < 0 ? 1 : 0)
        let day = CivilTime(unixSeconds: seconds)
        return "\(pad(day.year, 4))-\(pad(day.month, 2))-\(pad(day.day, 2))"
    }

    private static func pad(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
