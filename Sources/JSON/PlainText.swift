/// Finds the end of text that needs no attention, eight bytes at a time: the hot loop of scanner and writer.
///
/// In every lane the high bit of a difference marks a byte below 0x20, a quote or a backslash. A borrow can disturb
/// only lanes above a marked one, so the lowest mark, the only one that is used, is exact.
enum PlainText {
    private static let highBits: UInt64 = 0x8080_8080_8080_8080
    private static let lowBits: UInt64 = 0x0101_0101_0101_0101

    /// The first index from `start` of a control character, a quote, a backslash or a non-ASCII byte; else the count.
    @inline(__always)
    static func endOfASCII(in bytes: Span<UInt8>, from start: Int) -> Int {
        end(in: bytes, from: start, eight: { (differences($0) | $0) & highBits }, one: { isSpecial($0) || $0 >= 0x80 })
    }

    /// The first index from `start` whose byte a JSON string must escape; else the count.
    @inline(__always)
    static func endOfUnescaped(in bytes: Span<UInt8>, from start: Int) -> Int {
        end(in: bytes, from: start, eight: { differences($0) & ~$0 & highBits }, one: isSpecial)
    }

    @inline(__always)
    private static func end(
        in bytes: Span<UInt8>,
        from start: Int,
        eight: (UInt64) -> UInt64,
        one: (UInt8) -> Bool
    ) -> Int {
        let raw = bytes.bytes
        var index = start
        while index &+ 8 <= raw.byteCount {
            let word = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let marks = eight(word)
            if marks != 0 { return index &+ (marks.trailingZeroBitCount &>> 3) }
            index &+= 8
        }
        while index < bytes.count, !one(bytes[index]) { index &+= 1 }
        return index
    }

    @inline(__always)
    private static func differences(_ word: UInt64) -> UInt64 {
        let quotes = word ^ (lowBits &* UInt64(ASCII.quote))
        let backslashes = word ^ (lowBits &* UInt64(ASCII.backslash))
        return (word &- lowBits &* 0x20) | (quotes &- lowBits) | (backslashes &- lowBits)
    }

    @inline(__always)
    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == ASCII.quote || byte == ASCII.backslash
    }
}
