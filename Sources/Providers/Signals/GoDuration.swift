/// Durations as Go prints them, which is how OpenAI and others write them: `0s`, `120ms`, `1.78s`, `11m32.334s`.
enum GoDuration {
    /// In nanoseconds; the micro sign has two code points.
    private static let units: [String: Int64] = [
        "ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
        "h": 3_600_000_000_000,
    ]

    /// - Returns: nil for nonsense, also for a sign; never an overflow.
    static func parse(_ text: some StringProtocol) -> Duration? {
        var rest = Substring(text)
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix(while: isOfNumber)
            let name = rest[number.endIndex...].prefix { !isOfNumber($0) }
            guard let unit = units[String(name)], let part = nanoseconds(number, unit) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow else { return nil }
            total = sum
            rest = rest[name.endIndex...]
        }
        return .nanoseconds(total)
    }

    private static func isOfNumber(_ character: Character) -> Bool {
        character == "." || (character.isASCII && character.isWholeNumber)
    }

    private static func nanoseconds(_ number: Substring, _ unit: Int64) -> Int64? {
        let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first.flatMap({ Int64($0) }) else { return nil }
        let (total, overflow) = whole.multipliedReportingOverflow(by: unit)
        guard !overflow, parts.count == 2 else { return overflow ? nil : total }
        // Six digits times the longest unit stay below 2^63.
        let digits = parts[1].prefix(6)
        guard let fraction = Int64(digits), !parts[1].contains(".") else { return nil }
        let scale = digits.reduce(into: Int64(1)) { scale, _ in scale *= 10 }
        let (sum, isTooMuch) = total.addingReportingOverflow(fraction * unit / scale)
        return isTooMuch ? nil : sum
    }
}
