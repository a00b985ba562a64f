/// Checks multi-byte UTF-8 byte by byte, after table 3-7 of the Unicode standard.
///
/// The bounds of the second byte are what excludes overlong forms, surrogates and everything above U+10FFFF.
struct UTF8Sequence: Sendable {
    /// Bytes that the current character still needs; 0 between characters.
    private(set) var remaining: UInt8 = 0

    // The bounds of the next byte, if one is needed.
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    /// Between characters.
    init() {}

    private init(remaining: UInt8, lower: UInt8 = 0x80, upper: UInt8 = 0xBF) {
        self.remaining = remaining
        self.lower = lower
        self.upper = upper
    }

    /// Takes one byte; false if it may not come here. Between characters that is everything but a lead byte.
    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        if remaining == 0 { return begin(byte) }
        guard byte >= lower, byte <= upper else { return false }
        self = UTF8Sequence(remaining: remaining &- 1)
        return true
    }

    @inline(__always)
    private mutating func begin(_ lead: UInt8) -> Bool {
        switch lead {
        case 0xC2...0xDF: self = UTF8Sequence(remaining: 1)
        case 0xE1...0xEC, 0xEE...0xEF: self = UTF8Sequence(remaining: 2)
        case 0xE0: self = UTF8Sequence(remaining: 2, lower: 0xA0)
        case 0xED: self = UTF8Sequence(remaining: 2, upper: 0x9F)
        case 0xF1...0xF3: self = UTF8Sequence(remaining: 3)
        case 0xF0: self = UTF8Sequence(remaining: 3, lower: 0x90)
        case 0xF4: self = UTF8Sequence(remaining: 3, upper: 0x8F)
        default: return false
        }
        return true
    }
}
