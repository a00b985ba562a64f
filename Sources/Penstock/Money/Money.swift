/// An amount of money in whole billionths of a US dollar: what cost rows and totals are kept in.
package struct Nanodollars: Sendable, Hashable, Comparable {
    package let value: Int64

    package init(_ value: Int64) {
        self.value = value
    }

    package static func + (left: Nanodollars, right: Nanodollars) -> Nanodollars {
        Nanodollars(left.value + right.value)
    }

    package static func < (left: Nanodollars, right: Nanodollars) -> Bool { left.value < right.value }

    /// Dollars with nine decimals, exact: `0.000150000`.
    package var dollars: String {
        let magnitude = value.magnitude
        let fraction = String(magnitude % 1_000_000_000)
        let padded = String(repeating: "0", count: 9 - fraction.count) + fraction
        return "\(value < 0 ? "-" : "")\(magnitude / 1_000_000_000).\(padded)"
    }

    /// Dollars with two decimals or as many more as it takes: `5.00`, `0.125`.
    package var shortDollars: String {
        let text = dollars
        let excess = text.reversed().prefix(7).prefix { $0 == "0" }.count
        return String(text.dropLast(excess))
    }

    /// - Parameter text: decimal text such as `5` or `0.25`: US dollars, at most 9 decimals and at most a million.
    /// - Returns: nil when the text is not such a number.
    package init?(dollars text: String) {
        guard let value = DecimalText.parse(text, decimals: 9) else { return nil }
        self.value = value
    }
}

/// A price in whole trillionths of a US dollar per unit, so that every published price is an integer.
package struct Picodollars: Sendable, Hashable {
    package let value: Int64

    package init(_ value: Int64) {
        self.value = value
    }

    /// - Parameter usdPerMillion: decimal text such as `0.15`: US dollars per million units, at most 6 decimals and at
    ///   most a million dollars.
    /// - Returns: nil when the text is not such a number.
    package init?(usdPerMillion text: String) {
        guard let value = DecimalText.parse(text, decimals: 6) else { return nil }
        self.value = value
    }
}

/// Decimal amounts as people write them, without a sign.
private enum DecimalText {
    /// - Returns: the amount in units of the last of `decimals` places; nil when the text is not a number, has more
    ///   places or is above a million.
    static func parse(_ text: String, decimals: Int) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : ""
        let isDecimal = (Array(parts[0].utf8) + Array(fraction.utf8)).allSatisfy { (48...57).contains($0) }
        guard isDecimal, !parts[0].isEmpty, parts.count == 1 || !fraction.isEmpty, fraction.utf8.count <= decimals,
            let whole = Int64(parts[0]), whole <= 1_000_000
        else { return nil }
        let padded = fraction + String(repeating: "0", count: decimals - fraction.utf8.count)
        let unit = (0..<decimals).reduce(Int64(1)) { unit, _ in unit * 10 }
        return whole * unit + (Int64(padded) ?? 0)
    }
}

extension Picodollars {
    /// The price as it was written: US dollars per million units with six decimals.
    package var usdPerMillion: String {
        let fraction = String(value % 1_000_000)
        return "\(value / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)"
    }
}

/// What a target charges per token.
package struct TokenPrice: Sendable, Equatable {
    package var input: Picodollars
    /// For input read from the provider's cache; the full input price where none is set.
    package var cachedInput: Picodollars?
    /// For input written to the provider's cache; the full input price where none is set.
    package var cacheWrite: Picodollars?
    package var output: Picodollars

    package init(
        input: Picodollars,
        cachedInput: Picodollars? = nil,
        cacheWrite: Picodollars? = nil,
        output: Picodollars
    ) {
        self.input = input
        self.cachedInput = cachedInput
        self.cacheWrite = cacheWrite
        self.output = output
    }

    /// The cost of a call, rounded once, half to even, to whole nanodollars. What a provider reports is not trusted to
    /// be small: the sum has 128 bits and ends at the largest amount there is.
    package func cost(of usage: Usage) -> Nanodollars {
        let fresh = max(0, usage.input - usage.cachedInput - usage.cacheWrite)
        let picodollars =
            Self.product(fresh, input) + Self.product(usage.cachedInput, cachedInput ?? input)
            + Self.product(usage.cacheWrite, cacheWrite ?? input) + Self.product(usage.output, output)
        return Nanodollars(Int64(clamping: Self.dividedByThousandHalfEven(picodollars)))
    }

    private static func product(_ tokens: Int, _ price: Picodollars) -> Int128 { Int128(tokens) * Int128(price.value) }

    private static func dividedByThousandHalfEven(_ value: Int128) -> Int128 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 1000)
        let roundsUp = remainder > 500 || (remainder == 500 && quotient % 2 != 0)
        return roundsUp ? quotient + 1 : quotient
    }
}
