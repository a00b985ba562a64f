/// An amount in billionths of a US dollar, as the server's nine decimals carry it.
struct Dollars: Sendable, Equatable {
    let nanodollars: Int64

    init(nanodollars: Int64) {
        self.nanodollars = nanodollars
    }

    /// - Parameter text: decimal text with at most nine decimals, such as `0.000150000`.
    /// - Returns: nil when it is no such number or beyond 64 bits.
    init?(_ text: String) {
        let isNegative = text.hasPrefix("-")
        let parts = text.dropFirst(isNegative ? 1 : 0).split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy(Self.isDigits) else { return nil }
        let fraction = parts.count == 2 ? String(parts[1]) : ""
        guard fraction.utf8.count <= 9 else { return nil }
        let padded = fraction + String(repeating: "0", count: 9 - fraction.utf8.count)
        guard let value = Int64(parts[0] + padded) else { return nil }
        nanodollars = isNegative ? -value : value
    }

    /// Dollars with nine decimals, exact: `0.000150000`.
    var decimal: String {
        let (whole, fraction) = nanodollars.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        return "\(nanodollars < 0 ? "-" : "")\(whole)." + String(fraction).leftPadded(to: 9, with: "0")
    }

    /// Readable: cents from a dollar on, more decimals the smaller it is: `$12.35`, `$0.0123`, `$0.00015`.
    var text: String {
        let decimals = shownDecimals
        let unit = Self.powerOfTen(9 - decimals)
        let rounded = (nanodollars.magnitude + unit / 2) / unit
        let (whole, fraction) = rounded.quotientAndRemainder(dividingBy: Self.powerOfTen(decimals))
        var digits = String(fraction).leftPadded(to: decimals, with: "0")
        while digits.utf8.count > 4, digits.hasSuffix("0") { digits.removeLast() }
        return "\(nanodollars < 0 ? "-" : "")$\(Int(whole).grouped).\(digits)"
    }

    private var shownDecimals: Int {
        switch nanodollars.magnitude {
        case 0, 1_000_000_000...: 2
        case 10_000_000...: 4
        case 1_000...: 6
        default: 9
        }
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
    }

    private static func powerOfTen(_ exponent: Int) -> UInt64 {
        (0..<exponent).reduce(1) { product, _ in product * 10 }
    }
}

/// What is known of a cost: what is not known is said, never counted as zero.
struct Cost: Sendable, Equatable {
    /// The known part; nil when nothing is known.
    var known: Dollars?
    /// Calls whose cost is not in `known`.
    var unknownCalls: Int

    var text: String {
        guard let known else { return "unknown" }
        return unknownCalls == 0 ? known.text : "\(known.text) + \(unknownCalls.grouped) unknown"
    }
}
