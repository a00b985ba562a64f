/// Checks JSON that arrives in pieces and notes where its values are.
///
/// A push state machine over the full grammar of RFC 8259 in strict UTF-8: no byte order mark, no lone surrogate
/// escapes, no raw control characters in strings, nothing after the value but whitespace. Numbers are checked as text,
/// whatever their size. The verdict and the error's offset do not depend on how the input is cut into chunks. To read
/// the values, use `JSONDocument` or, for pieces, `JSONDocumentBuilder`.
package struct JSONScanner: Sendable {
    /// What the next byte may be.
    enum State: UInt8, Sendable {
        // Between tokens.
        case value, firstElement, firstKey, key, colon, separator, end
        // Inside a string.
        case string, utf8, escape, unicodeEscape, lowSurrogateBackslash, lowSurrogateLetter
        // Inside a number.
        case minus, zero, integer, point, fraction, exponentMark, exponentSign, exponent
        // Inside true, false or null.
        case literal
    }

    let limits: JSONLimits
    var tape: [JSONTapeEntry] = []
    var state = State.value

    /// Tape index of the innermost open container, or `none`.
    var container = JSONScanner.none
    var depth = 0

    /// Offset of the first byte of the token that is being read.
    var tokenStart = 0

    // The string being read.
    var stringIsKey = false
    var stringHasEscapes = false
    var utf8 = UTF8Sequence()
    var escapedUnit: UInt16 = 0
    var hexDigitsLeft = 0
    var expectsLowSurrogate = false

    // The literal being read: its tag and the bytes still to come, the next one lowest.
    var literalTag = JSONTapeEntry.Tag.null
    var literalRest: UInt32 = 0

    /// Bytes consumed by earlier calls: the offset of the current chunk.
    private(set) var consumed = 0
    private var failure: JSONError?

    static let none = UInt32.max

    /// A scanner at the start of an input.
    package init(limits: JSONLimits = .standard) {
        self.limits = limits
    }

    /// Takes the next chunk, of any size.
    ///
    /// - Throws: the first violation; every later call throws the same error again.
    package mutating func consume(_ bytes: Span<UInt8>) throws(JSONError) {
        try remembering { (scanner) throws(JSONError) in
            let accepted = min(bytes.count, scanner.limits.maxBytes - scanner.consumed)
            try scanner.scan(bytes.extracting(first: accepted))
            scanner.consumed += accepted
            if accepted < bytes.count { throw JSONError(.tooLarge, at: scanner.limits.maxBytes) }
        }
    }

    /// Takes the next chunk; see `consume(_: Span)`.
    package mutating func consume(_ bytes: [UInt8]) throws(JSONError) {
        try consume(bytes.span)
    }

    /// Takes the next chunk; see `consume(_: Span)`.
    package mutating func consume(_ bytes: ArraySlice<UInt8>) throws(JSONError) {
        try consume(bytes.span)
    }

    /// Takes the next chunk, which the caller keeps alive during the call; see `consume(_: Span)`.
    package mutating func consume(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) {
        try consume(bytes.span)
    }

    /// Declares the end of the input.
    ///
    /// - Throws: an earlier failure, or `unexpectedEnd` if no complete value has been read.
    package mutating func finish() throws(JSONError) {
        try remembering { (scanner) throws(JSONError) in
            if scanner.state.isCompleteNumber { scanner.endNumber(at: scanner.consumed) }
            guard scanner.state == .end else { throw JSONError(.unexpectedEnd, at: scanner.consumed) }
        }
    }

    private mutating func remembering(
        _ step: (inout JSONScanner) throws(JSONError) -> Void
    ) throws(JSONError) {
        if let failure { throw failure }
        do throws(JSONError) {
            try step(&self)
        } catch {
            failure = error
            throw error
        }
    }

    private mutating func scan(_ bytes: Span<UInt8>) throws(JSONError) {
        var index = 0
        while index < bytes.count {
            switch state {
            case .value, .firstElement, .firstKey, .key, .colon, .separator, .end:
                index = try scanStructure(bytes, from: index)
            case .string, .utf8, .escape, .unicodeEscape, .lowSurrogateBackslash, .lowSurrogateLetter:
                index = try scanString(bytes, from: index)
            case .minus, .zero, .integer, .point, .fraction, .exponentMark, .exponentSign, .exponent:
                index = try scanNumber(bytes, from: index)
            case .literal:
                index = try scanLiteral(bytes, from: index)
            }
        }
    }
}
