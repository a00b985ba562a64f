/// Writes the little JSON that logs and health reports need. Strings come out valid whatever they hold.
struct JSONText {
    private(set) var bytes: [UInt8] = []

    /// Bytes as they are: punctuation, numbers, text known to be safe.
    mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func raw(_ text: [UInt8]) {
        bytes.append(contentsOf: text)
    }

    mutating func number(_ value: Int) {
        bytes.append(contentsOf: String(value).utf8)
    }

    /// A quoted string. At most `limit` bytes of UTF-8 are kept, cut between characters and marked with an ellipsis.
    mutating func string(_ text: String, limit: Int = .max) {
        bytes.append(UInt8(ascii: "\""))
        var left = limit
        for scalar in text.unicodeScalars {
            let width = UTF8.width(scalar)
            guard width <= left else {
                bytes.append(contentsOf: "…".utf8)
                break
            }
            left -= width
            append(scalar)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Forgets everything after the first `count` bytes.
    mutating func truncate(to count: Int) {
        bytes.removeLast(max(0, bytes.count - count))
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": raw(#"\""#)
        case "\\": raw(#"\\"#)
        case "\n": raw(#"\n"#)
        case "\r": raw(#"\r"#)
        case "\t": raw(#"\t"#)
        // Line separators are legal JSON, but some log readers split lines at them.
        case "\u{0}"..<" ", "\u{7F}", "\u{2028}", "\u{2029}": escape(UInt16(scalar.value))
        default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    private mutating func escape(_ unit: UInt16) {
        raw("\\u")
        for shift in [12, 8, 4, 0] {
            let digit = UInt8(truncatingIfNeeded: unit >> shift) & 0xF
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
