import Penstock

/// Moments as callers write them: unix seconds, or RFC 3339 such as `2026-11-22T10:00:00Z`.
enum MomentText {
    /// What an error message says is allowed.
    static let allowed = "unix seconds or RFC 3339, such as 2026-11-22T10:00:00Z"

    static func parse(_ text: String) -> Timestamp? {
        if let seconds = Int64(text) { return timestamp(seconds) }
        return Timestamp(rfc3339: text)
    }

    /// - Returns: nil unless the seconds are in the years 1970 to 9999.
    static func timestamp(_ seconds: Int64) -> Timestamp? { Timestamp(unixSeconds: seconds) }
}
