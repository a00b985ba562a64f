/// Appends one JSON text, always on a single line, and puts the commas itself; or several of them as JSON Lines.
///
/// The caller keeps the structure right: one root value, a key before every value in an object, as many ends as begins.
/// The closure forms do the last for you.
package struct JSONWriter: Sendable {
    /// What has been written so far.
    package private(set) var bytes: [UInt8] = []

    /// Whether the next key or value follows another one in the same container. One flag is enough for all depths,
    /// because a container's end is the end of a value in the one around it.
    private var needsComma = false

    /// An empty writer.
    package init() {}

    /// Makes room for `byteCount` more bytes.
    package mutating func reserve(_ byteCount: Int) {
        bytes.reserveCapacity(bytes.count + byteCount)
    }

    /// Starts an object; members follow.
    package mutating func beginObject() { begin(ASCII.openBrace) }

    /// Ends the innermost object.
    package mutating func endObject() { end(ASCII.closeBrace) }

    /// Starts an array; elements follow.
    package mutating func beginArray() { begin(ASCII.openBracket) }

    /// Ends the innermost array.
    package mutating func endArray() { end(ASCII.closeBracket) }

    /// Writes an object whose members `body` writes. If `body` throws, the text is incomplete.
    package mutating func object<Failure: Error>(
        _ body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        beginObject()
        try body(&self)
        endObject()
    }

    /// Writes an array whose elements `body` writes. If `body` throws, the text is incomplete.
    package mutating func array<Failure: Error>(
        _ body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        beginArray()
        try body(&self)
        endArray()
    }

    /// Writes a member's key; its value must follow.
    package mutating func key(_ key: String) {
        separate()
        appendQuoted(key)
        bytes.append(ASCII.colon)
        needsComma = false
    }

    /// Writes a string, escaped as needed.
    package mutating func string(_ value: String) {
        writeValue { $0.appendQuoted(value) }
    }

    /// Writes an integer.
    package mutating func int(_ value: Int64) {
        writeValue { $0.appendDigits(value) }
    }

    /// Writes an integer.
    package mutating func int(_ value: Int) {
        int(Int64(value))
    }

    /// Writes `true` or `false`.
    package mutating func bool(_ value: Bool) {
        writeValue { $0.bytes.append(contentsOf: (value ? "true" : "false").utf8) }
    }

    /// Writes `null`.
    package mutating func null() {
        writeValue { $0.bytes.append(contentsOf: "null".utf8) }
    }

    /// Writes a number from its text, for example `0.25`. It must be a JSON number; only debug builds check that.
    package mutating func number(text: String) {
        assert((try? JSONDocument(parsing: Array(text.utf8)))?.root.kind == .number, "not a JSON number")
        writeValue { $0.bytes.append(contentsOf: text.utf8) }
    }

    /// Writes a value that already is JSON, unchecked.
    ///
    /// Line breaks, which valid JSON has between tokens only, become spaces: the result stays one line.
    package mutating func raw(_ json: some Collection<UInt8>) {
        writeValue { writer in
            let start = writer.bytes.count
            writer.bytes.append(contentsOf: json)
            writer.blankLineBreaks(from: start)
        }
    }

    /// Ends a line of JSON Lines after its one value; another line may follow.
    package mutating func endLine() {
        bytes.append(ASCII.lineFeed)
        needsComma = false
    }

    /// Writes what `body` writes, with U+0085, U+2028 and U+2029 as escapes: many readers of lines break there, too.
    ///
    /// Valid JSON has them within strings only, where an escape means the same.
    package mutating func onOneLine(_ body: (inout JSONWriter) -> Void) {
        let start = bytes.count
        body(&self)
        if let escaped = LineSeparators.escaped(bytes[start...]) {
            bytes.replaceSubrange(start..., with: escaped)
        }
    }

    private mutating func writeValue(_ write: (inout JSONWriter) -> Void) {
        separate()
        write(&self)
        needsComma = true
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(ASCII.comma) }
    }

    private mutating func blankLineBreaks(from start: Int) {
        for index in start..<bytes.count
        where bytes[index] == ASCII.lineFeed || bytes[index] == ASCII.carriageReturn {
            bytes[index] = ASCII.space
        }
    }
}

extension JSONWriter {
    private mutating func appendQuoted(_ text: String) {
        bytes.append(ASCII.quote)
        appendEscaped(text.utf8.span)
        bytes.append(ASCII.quote)
    }

    private mutating func appendEscaped(_ text: Span<UInt8>) {
        var start = 0
        while true {
            let end = PlainText.endOfUnescaped(in: text, from: start)
            text.extracting(start..<end).withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
            guard end < text.count else { return }
            appendEscape(of: text[end])
            start = end + 1
        }
    }

    private mutating func appendEscape(of byte: UInt8) {
        bytes.append(ASCII.backslash)
        switch byte {
        case ASCII.quote, ASCII.backslash: bytes.append(byte)
        case ASCII.lineFeed: bytes.append(UInt8(ascii: "n"))
        case ASCII.tab: bytes.append(UInt8(ascii: "t"))
        case ASCII.carriageReturn: bytes.append(UInt8(ascii: "r"))
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        default:
            bytes.append(contentsOf: byte < 0x10 ? "u000".utf8 : "u001".utf8)
            bytes.append(Self.hexDigit(byte & 0xF))
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private mutating func appendDigits(_ value: Int64) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        let start = bytes.count
        var rest = value.magnitude
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }
}
