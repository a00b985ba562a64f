import JSON
import Penstock

/// A job's `deadline`: a duration from now, unix seconds or RFC 3339.
enum DeadlineField {
    static let standard = Duration.seconds(86_400)
    private static let longest = Duration.seconds(30 * 86_400)

    /// - Throws: 400 unless it is within the next 30 days.
    static func read(_ fields: JSONFields, at now: Timestamp) throws -> Timestamp {
        try readIfPresent(fields, at: now) ?? now.adding(standard)
    }

    /// - Returns: nil when it is missing or null.
    /// - Throws: 400 unless it is within the next 30 days.
    static func readIfPresent(_ fields: JSONFields, at now: Timestamp) throws -> Timestamp? {
        guard let value = fields.value("deadline") else { return nil }
        guard let deadline = moment(value, from: now) else {
            throw fields.wrong(
                "deadline",
                "\(DurationText.allowed), or \(MomentText.allowed)",
                code: "invalid_deadline"
            )
        }
        guard deadline > now, deadline <= now.adding(longest) else {
            throw fields.wrong("deadline", "within the next 30 days", code: "invalid_deadline")
        }
        return deadline
    }

    private static func moment(_ value: JSONValue, from now: Timestamp) -> Timestamp? {
        if let seconds = value.int64 { return MomentText.timestamp(seconds) }
        guard let text = value.string else { return nil }
        if let duration = DurationText.parse(text) { return now.adding(duration) }
        return MomentText.parse(text)
    }
}
