/// Strings: plain text, UTF-8 sequences and escapes.
extension JSONScanner {
    @inline(__always)
    mutating func beginString(isKey: Bool) {
        stringIsKey = isKey
        stringHasEscapes = false
        state = .string
    }

    /// Goes on inside a string, until it or the chunk ends. Returns the index after the last byte taken.
    mutating func scanString(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> Int {
        var index = start
        while index < bytes.count {
            if state == .string {
                index = PlainText.endOfASCII(in: bytes, from: index)
                guard index < bytes.count else { return index }
                if bytes[index] == ASCII.quote {
                    endString(at: consumed &+ index)
                    return index &+ 1
                }
            }
            if state == .utf8 || bytes[index] >= 0x80 && state == .string {
                index = try scanMultibyte(bytes, from: index)
            } else {
                try takeInString(bytes[index], at: consumed &+ index)
                index &+= 1
            }
        }
        return index
    }

    private mutating func endString(at offset: Int) {
        appendScalar(stringHasEscapes ? .escapedString : .string, end: offset &+ 1)
        state = stringIsKey ? .colon : afterValue
    }

    /// Takes a run of multi-byte characters, which may begin and end inside one.
    private mutating func scanMultibyte(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> Int {
        var index = start
        var sequence = utf8
        while index < bytes.count {
            let byte = bytes[index]
            if sequence.remaining == 0, byte < 0x80 { break }
            guard sequence.take(byte) else { throw JSONError(.invalidUTF8, at: consumed &+ index) }
            index &+= 1
        }
        utf8 = sequence
        state = sequence.remaining == 0 ? .string : .utf8
        return index
    }

    @inline(__always)
    private mutating func takeInString(_ byte: UInt8, at offset: Int) throws(JSONError) {
        switch state {
        case .string: try takeSpecial(byte, at: offset)
        case .escape: try takeEscape(byte, at: offset)
        case .unicodeEscape: try takeHexDigit(byte, at: offset)
        default: try takeSurrogateGlue(byte, at: offset)
        }
    }

    /// An ASCII byte of a string that is neither plain nor the closing quote.
    @inline(__always)
    private mutating func takeSpecial(_ byte: UInt8, at offset: Int) throws(JSONError) {
        if byte == ASCII.backslash {
            stringHasEscapes = true
            state = .escape
        } else {
            throw JSONError(.controlCharacter, at: offset)
        }
    }

    private mutating func takeEscape(_ byte: UInt8, at offset: Int) throws(JSONError) {
        if byte == UInt8(ascii: "u") {
            beginUnicodeEscape()
        } else if JSONUnescape.shortEscape(byte) != nil {
            state = .string
        } else {
            throw JSONError(.invalidEscape, at: offset)
        }
    }

    private mutating func beginUnicodeEscape() {
        escapedUnit = 0
        hexDigitsLeft = 4
        state = .unicodeEscape
    }

    private mutating func takeHexDigit(_ byte: UInt8, at offset: Int) throws(JSONError) {
        guard let digit = ASCII.hexValue(byte) else { throw JSONError(.invalidEscape, at: offset) }
        escapedUnit = escapedUnit << 4 | digit
        hexDigitsLeft -= 1
        if hexDigitsLeft == 0 { try endUnicodeEscape(at: offset) }
    }

    private mutating func endUnicodeEscape(at offset: Int) throws(JSONError) {
        let isLow = UTF16.isTrailSurrogate(escapedUnit)
        guard isLow == expectsLowSurrogate else { throw JSONError(.loneSurrogate, at: offset) }
        expectsLowSurrogate = UTF16.isLeadSurrogate(escapedUnit)
        state = expectsLowSurrogate ? .lowSurrogateBackslash : .string
    }

    /// The `\u` that must follow the escape of a high surrogate.
    private mutating func takeSurrogateGlue(_ byte: UInt8, at offset: Int) throws(JSONError) {
        if state == .lowSurrogateBackslash, byte == ASCII.backslash {
            state = .lowSurrogateLetter
        } else if state == .lowSurrogateLetter, byte == UInt8(ascii: "u") {
            beginUnicodeEscape()
        } else {
            throw JSONError(.loneSurrogate, at: offset)
        }
    }
}
