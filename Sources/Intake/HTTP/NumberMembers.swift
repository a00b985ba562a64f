import JSON
import Penstock

/// Numbers with a fraction, in thousandths at most: what is measured is no more precise.
extension JSONWriter {
    /// Writes a duration in seconds, or null.
    mutating func member(_ key: String, seconds duration: Duration?) {
        self.key(key)
        if let duration { number(text: Self.text(thousandths: duration.wholeMilliseconds)) } else { null() }
    }

    /// Writes a number; null for what is none.
    mutating func member(_ key: String, number value: Double) {
        self.key(key)
        number(value)
    }

    /// Writes a number as a value; null for what is none.
    mutating func number(_ value: Double) {
        if let thousandths = Int64(exactly: (value * 1000).rounded()) {
            number(text: Self.text(thousandths: thousandths))
        } else {
            null()
        }
    }

    private static func text(thousandths: Int64) -> String {
        let (whole, fraction) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
        let sign = thousandths < 0 ? "-" : ""
        guard fraction > 0 else { return "\(sign)\(whole)" }
        let digits = String(fraction + 1000).dropFirst()
        let end = digits.lastIndex { $0 != "0" } ?? digits.startIndex
        return "\(sign)\(whole).\(digits[...end])"
    }
}
