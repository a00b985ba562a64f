import Penstock
import Synchronization

/// The text of the `Date` header, made once per second.
final class DateHeader: Sendable {
    private let cached = Mutex<(second: Int64, text: String)>((-1, ""))

    func value(at now: Timestamp) -> String {
        cached.withLock { cached in
            if cached.second != now.seconds { cached = (now.seconds, Self.text(now.seconds)) }
            return cached.text
        }
    }

    /// IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func text(_ seconds: Int64) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let time = CivilTime(unixSeconds: seconds)
        let day = "\(days[Int(seconds / 86_400 % 7)]), \(twoDigits(time.day)) \(months[time.month - 1]) \(time.year)"
        return "\(day) \(twoDigits(time.hour)):\(twoDigits(time.minute)):\(twoDigits(time.second)) GMT"
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
