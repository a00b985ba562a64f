extension Int {
    /// With separators between thousands: `1,234,567`.
    var grouped: String {
        let digits = String(magnitude)
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.utf8.count - index).isMultiple(of: 3) { result += "," }
            result.append(digit)
        }
        return self < 0 ? "-" + result : result
    }
}

extension String {
    /// At least `width` characters long.
    func leftPadded(to width: Int, with character: Character) -> String {
        String(repeating: character, count: Swift.max(0, width - count)) + self
    }
}

/// Numbers of bytes and rates for people.
enum NumberText {
    /// `12.3 MB`; decimal units.
    static func bytes(_ count: Int) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(count)
        var unit = 0
        while value >= 999.95, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return unit == 0 ? "\(count) B" : "\(oneDecimal(value)) \(units[unit])"
    }

    /// `1.8`; two decimals below one, none from a hundred on.
    static func rate(_ value: Double) -> String {
        if value >= 100 { return Int(value.rounded()).grouped }
        return value >= 1 ? oneDecimal(value) : decimal(value, places: 2)
    }

    private static func oneDecimal(_ value: Double) -> String { decimal(value, places: 1) }

    private static func decimal(_ value: Double, places: Int) -> String {
        let scale = places == 1 ? 10 : 100
        let scaled = Int((value * Double(scale)).rounded())
        return "\(scaled / scale)." + String(scaled % scale).leftPadded(to: places, with: "0")
    }
}
