import Glibc
import Synchronization

/// The text of log times, RFC 3339 in UTC with milliseconds; all but the milliseconds is made once per second.
final class LogTimestamp: Sendable {
    private struct Cache {
        var second = Int.min
        var text: [UInt8] = []
    }

    private let cache = Mutex(Cache())

    /// The current time of day.
    func now() -> [UInt8] {
        let time = Int(SystemTime.milliseconds())
        return text(second: time / 1000, millisecond: time % 1000)
    }

    /// The text for a time since 1970.
    func text(second: Int, millisecond: Int) -> [UInt8] {
        var text = cache.withLock { cache in
            if cache.second != second { cache = Cache(second: second, text: Self.prefix(second)) }
            return cache.text
        }
        Self.append(millisecond, digits: 3, to: &text)
        text.append(UInt8(ascii: "Z"))
        return text
    }

    /// `2026-11-22T16:10:00.`
    private static func prefix(_ second: Int) -> [UInt8] {
        var time = second
        var parts = tm()
        gmtime_r(&time, &parts)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        append(Int(parts.tm_year) + 1900, digits: 4, to: &text)
        let rest: [(Character, Int32)] = [
            ("-", parts.tm_mon + 1), ("-", parts.tm_mday), ("T", parts.tm_hour), (":", parts.tm_min),
            (":", parts.tm_sec),
        ]
        for (separator, value) in rest {
            text.append(contentsOf: separator.utf8)
            append(Int(value), digits: 2, to: &text)
        }
        text.append(UInt8(ascii: "."))
        return text
    }

    private static func append(_ value: Int, digits: Int, to text: inout [UInt8]) {
        let decimal = String(value)
        text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, digits - decimal.utf8.count)))
        text.append(contentsOf: decimal.utf8)
    }
}
