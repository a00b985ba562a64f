/// Undoes the escapes of a string that the scanner has accepted.
enum JSONUnescape {
    /// The byte that a backslash and `letter` stand for; nil for `u` and for everything that is no escape.
    static func shortEscape(_ letter: UInt8) -> UInt8? {
        switch letter {
        case ASCII.quote, ASCII.backslash, UInt8(ascii: "/"): letter
        case UInt8(ascii: "n"): ASCII.lineFeed
        case UInt8(ascii: "t"): ASCII.tab
        case UInt8(ascii: "r"): ASCII.carriageReturn
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        default: nil
        }
    }

    /// The UTF-8 text of `raw`, the bytes between the quotes of a checked string.
    static func bytes(of raw: ArraySlice<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(raw.count)
        var rest = raw
        while let backslash = rest.firstIndex(of: ASCII.backslash) {
            text.append(contentsOf: rest[..<backslash])
            rest = rest[(backslash + 1)...]
            appendEscape(takenFrom: &rest, to: &text)
        }
        text.append(contentsOf: rest)
        return text
    }

    private static func appendEscape(takenFrom rest: inout ArraySlice<UInt8>, to text: inout [UInt8]) {
        if let byte = shortEscape(rest.removeFirst()) {
            text.append(byte)
            return
        }
        var value = UInt32(takeUnit(from: &rest))
        if UTF16.isLeadSurrogate(UInt16(value)) {
            rest.removeFirst(2)
            value = 0x10000 + (value & 0x3FF) << 10 + UInt32(takeUnit(from: &rest) & 0x3FF)
        }
        // The scanner has paired all surrogates, so this is a scalar.
        text.append(contentsOf: UTF8.encode(Unicode.Scalar(value)!)!)
    }

    private static func takeUnit(from rest: inout ArraySlice<UInt8>) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 { unit = unit << 4 | ASCII.hexValue(rest.removeFirst())! }
        return unit
    }
}
