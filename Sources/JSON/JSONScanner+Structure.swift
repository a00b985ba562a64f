/// What stands between tokens: whitespace, punctuation, and the first byte of each value.
extension JSONScanner {
    /// Skips whitespace and takes one byte, if there is one. Returns the index after it.
    mutating func scanStructure(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> Int {
        var index = start
        while index < bytes.count, ASCII.isWhitespace(bytes[index]) { index &+= 1 }
        guard index < bytes.count else { return index }
        try takeStructure(bytes[index], at: consumed &+ index)
        return index &+ 1
    }

    @inline(__always)
    private mutating func takeStructure(_ byte: UInt8, at offset: Int) throws(JSONError) {
        switch state {
        case .firstElement where byte == ASCII.closeBracket: close(at: offset)
        case .firstKey where byte == ASCII.closeBrace: close(at: offset)
        case .value, .firstElement: try beginValue(byte, at: offset)
        case .key, .firstKey: try beginKey(byte, at: offset)
        case .colon: try takeColon(byte, at: offset)
        case .separator: try takeSeparator(byte, at: offset)
        default: throw JSONError(.trailingBytes, at: offset)
        }
    }

    private mutating func beginValue(_ byte: UInt8, at offset: Int) throws(JSONError) {
        tokenStart = offset
        switch byte {
        case ASCII.quote: beginString(isKey: false)
        case ASCII.openBrace: try open(.object, at: offset)
        case ASCII.openBracket: try open(.array, at: offset)
        case UInt8(ascii: "-"): state = .minus
        case UInt8(ascii: "0"): state = .zero
        case UInt8(ascii: "1")...UInt8(ascii: "9"): state = .integer
        case UInt8(ascii: "t"): beginLiteral(.true)
        case UInt8(ascii: "f"): beginLiteral(.false)
        case UInt8(ascii: "n"): beginLiteral(.null)
        default: throw JSONError(.unexpectedByte, at: offset)
        }
    }

    private mutating func beginKey(_ byte: UInt8, at offset: Int) throws(JSONError) {
        guard byte == ASCII.quote else { throw JSONError(.unexpectedByte, at: offset) }
        tokenStart = offset
        beginString(isKey: true)
    }

    private mutating func takeColon(_ byte: UInt8, at offset: Int) throws(JSONError) {
        guard byte == ASCII.colon else { throw JSONError(.unexpectedByte, at: offset) }
        state = .value
    }

    /// After a value inside a container: a comma, or the bracket that fits.
    private mutating func takeSeparator(_ byte: UInt8, at offset: Int) throws(JSONError) {
        let isObject = tape[Int(container)].tag == .object
        if byte == ASCII.comma {
            state = isObject ? .key : .value
        } else if byte == (isObject ? ASCII.closeBrace : ASCII.closeBracket) {
            close(at: offset)
        } else {
            throw JSONError(.unexpectedByte, at: offset)
        }
    }

    private mutating func open(_ tag: JSONTapeEntry.Tag, at offset: Int) throws(JSONError) {
        guard depth < limits.maxDepth else { throw JSONError(.tooDeep, at: offset) }
        depth += 1
        let index = UInt32(tape.count)
        tape.append(JSONTapeEntry(tag: tag, start: UInt32(offset), end: 0, next: container))
        container = index
        state = tag == .object ? .firstKey : .firstElement
    }

    private mutating func close(at offset: Int) {
        let index = Int(container)
        container = tape[index].next
        tape[index].end = UInt32(offset + 1)
        tape[index].next = UInt32(tape.count)
        depth -= 1
        state = afterValue
    }

    /// Where the machine goes once a value is complete.
    @inline(__always)
    var afterValue: State { container == JSONScanner.none ? .end : .separator }

    /// Notes a finished string, number or literal that ends before `end`.
    @inline(__always)
    mutating func appendScalar(_ tag: JSONTapeEntry.Tag, end: Int) {
        let entry = JSONTapeEntry(
            tag: tag,
            start: UInt32(tokenStart),
            end: UInt32(end),
            next: UInt32(tape.count + 1)
        )
        tape.append(entry)
    }
}
