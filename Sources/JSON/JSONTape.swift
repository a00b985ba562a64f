/// One value or one member's key, in document order.
///
/// An object is followed by key, value, key, value…; an array by its elements. `next` skips a whole value.
struct JSONTapeEntry: Sendable {
    /// What the bytes are; finer than `JSONValue.Kind`, so that accessors need not look at the bytes again.
    enum Tag: UInt8, Sendable {
        case object, array
        case string, escapedString
        case integer, decimal
        case `true`, `false`, null
    }

    let tag: Tag

    /// Offset of the first byte (of the opening quote, for a string).
    let start: UInt32

    /// Offset after the last byte.
    var end: UInt32

    /// Tape index after this value and all it holds. While a container is open: the index of the container around it.
    var next: UInt32

    var range: Range<Int> { Int(start)..<Int(end) }

    /// The bytes between a string's quotes.
    var content: Range<Int> { Int(start) + 1..<Int(end) - 1 }
}

/// The bytes that the grammar names.
enum ASCII {
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")
    static let space: UInt8 = 0x20
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D

    @inline(__always)
    static func isWhitespace(_ byte: UInt8) -> Bool {
        byte == space || byte == lineFeed || byte == carriageReturn || byte == tab
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    static func hexValue(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
