import Glibc

/// The text of a `Date` header.
enum HTTPDate {
    /// - Parameter text: IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`.
    /// - Returns: unix seconds; nil when it is no such date.
    static func unixSeconds(_ text: String) -> Int? {
        var parts = tm()
        guard let rest = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &parts), rest.pointee == 0 else { return nil }
        return timegm(&parts)
    }
}
