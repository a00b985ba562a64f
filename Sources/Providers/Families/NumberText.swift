/// Which numbers jq gives back as they were written. It keeps doubles and prints them its own way.
enum NumberText {
    private static let exactDigits = 15
    /// Of smaller ones jq prints an exponent.
    private static let leadingZeros = 3

    /// Whether the text is short and in the one form that a double is printed in. Others may survive too; these do.
    static func survivesDouble(_ text: ArraySlice<UInt8>) -> Bool {
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        guard digits.count <= exactDigits + 1 else { return false }
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1)
        guard let whole = parts.first, parts.allSatisfy({ $0.allSatisfy(isDigit) }) else { return false }
        let isZero = whole.elementsEqual([UInt8(ascii: "0")])
        guard parts.count == 2 else { return whole.count <= exactDigits && !(isZero && digits.count < text.count) }
        let fraction = parts[1]
        guard whole.count + fraction.count <= exactDigits, fraction.last != UInt8(ascii: "0") else { return false }
        return !isZero || fraction.prefix { $0 == UInt8(ascii: "0") }.count <= leadingZeros
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
