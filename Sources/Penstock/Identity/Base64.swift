/// Base 64 with padding, in the standard alphabet (RFC 4648).
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func text(of bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = (0..<3).reduce(UInt32(0)) { ($0 << 8) | UInt32($1 < group.count ? group[start + $1] : 0) }
            for sextet in 0...3 {
                let index = Int((bits >> (18 - 6 * UInt32(sextet))) & 63)
                text.append(sextet <= group.count ? alphabet[index] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: nil unless `text` is exactly what `text(of:)` makes of some bytes.
    package static func bytes(of text: String) -> [UInt8]? {
        let text = Array(text.utf8)
        guard text.count.isMultiple(of: 4) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        for start in stride(from: 0, to: text.count, by: 4) {
            let digits = text[start..<start + 4].prefix { $0 != UInt8(ascii: "=") }.compactMap(value)
            let isLast = start + 4 == text.count
            guard digits.count >= (isLast ? 2 : 4) else { return nil }
            let bits = (0..<4).reduce(UInt32(0)) { ($0 << 6) | UInt32($1 < digits.count ? digits[$1] : 0) }
            for byte in 0..<digits.count - 1 {
                bytes.append(UInt8(truncatingIfNeeded: bits >> (16 - 8 * UInt32(byte))))
            }
        }
        // One text per value: padding, stray characters and loose bits all show here.
        return Array(Base64.text(of: bytes).utf8) == text ? bytes : nil
    }

    private static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
