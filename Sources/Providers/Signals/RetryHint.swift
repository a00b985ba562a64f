import JSON
import Penstock

/// How long a provider that refused asks to stay away: its headers say it, else the words of its error.
enum RetryHint {
    private static let longest = Duration.seconds(3600)

    /// - Parameters:
    ///   - header: a header's value by its lower-case name.
    ///   - body: the error as the provider wrote it.
    ///   - now: when the answer came.
    /// - Returns: nil when nothing sensible is said. Zero, which also stands in headers by mistake, is a last resort.
    static func read(_ header: (String) -> String?, body: JSONValue?, at now: Timestamp) -> Duration? {
        let asked = inHeaders(header, at: now)
        if let asked, asked > .zero { return min(asked, longest) }
        let said = ErrorReader.error(in: body).flatMap(inError) ?? asked
        return said.map { min(.milliseconds($0.wholeMillisecondsRoundedUp), longest) }
    }

    private static func inHeaders(_ header: (String) -> String?, at now: Timestamp) -> Duration? {
        for name in ["retry-after-ms", "x-ms-retry-after-ms"] {
            // Azure says 0 here and a second in the other.
            if let asked = RetryAfter.read(milliseconds: header(name)), asked > .zero { return asked }
        }
        return RetryAfter.read(header("retry-after"), at: now)
    }

    private static func inError(_ error: JSONValue) -> Duration? {
        let asked = error["message"]?.string.flatMap(inMessage) ?? inDetails(error["details"])
        guard isPerDay(error["details"]) else { return asked }
        // What is used up for the day is not back in the few seconds that the same answer asks for.
        return max(asked ?? .zero, .seconds(60))
    }

    /// `Please try again in 1.78s.`, `Please retry in 48.939935699s.`, `Please retry after 26 seconds.`
    static func inMessage(_ message: String) -> Duration? {
        let message = message.prefix(4096).lowercased()
        for phrase in ["try again in ", "retry in ", "retry after "] {
            guard let range = message.firstRange(of: phrase) else { continue }
            let words = message[range.upperBound...].split(maxSplits: 2) { $0 == " " || $0 == "\n" }
            guard var first = words.first else { continue }
            while let last = first.last, ".,)".contains(last) { first.removeLast() }
            if let duration = GoDuration.parse(first) { return duration }
            guard words.count > 1, let unit = unit(words[1]) else { continue }
            return RetryAfter.read(String(first), at: Timestamp(milliseconds: 0)).map { $0 * unit }
        }
        return nil
    }

    /// A unit's seconds.
    private static func unit(_ word: Substring) -> Int? {
        if word.hasPrefix("second") { return 1 }
        return word.hasPrefix("minute") ? 60 : word.hasPrefix("hour") ? 3600 : nil
    }

    /// Google's `RetryInfo`, whose fraction is cut off.
    private static func inDetails(_ details: JSONValue?) -> Duration? {
        details?.detail("RetryInfo")?["retryDelay"]?.string.flatMap { GoDuration.parse($0) }.map { $0 + .seconds(1) }
    }

    /// Whether Google's `QuotaFailure` names a limit per day, such as `GenerateRequestsPerDayPerProjectPerModel`.
    private static func isPerDay(_ details: JSONValue?) -> Bool {
        let violations = details?.detail("QuotaFailure")?["violations"]
        return violations?.elements.contains { $0["quotaId"]?.string?.contains("PerDay") == true } ?? false
    }
}

extension JSONValue {
    /// Google's detail of this type in a list of details.
    fileprivate func detail(_ type: String) -> JSONValue? {
        elements.first { $0["@type"]?.string?.hasSuffix(type) == true }
    }
}
