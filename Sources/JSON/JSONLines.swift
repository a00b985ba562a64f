/// One line of a JSON Lines stream.
package struct JSONLine: Hashable, Sendable {
    /// Counted from 1; blank lines count.
    package let lineNumber: Int

    /// Bytes of the stream before the line.
    package let byteOffset: Int

    /// The line without its line break.
    package let bytes: [UInt8]

    /// Whether there is nothing but spaces and tabs, so that there is nothing to parse.
    package var isBlank: Bool { bytes.allSatisfy(ASCII.isWhitespace) }
}

/// Cuts a stream of chunks into lines, ended by `\n` or `\r\n`; the last one needs no line break.
///
/// Append a chunk, then take lines until there are none, and again after `finish()`. Used like this it keeps at most
/// one line and one chunk. What it returns does not depend on how the stream is cut into chunks.
package struct JSONLines: Sendable {
    /// Bytes that a line may have, without its line break.
    package let maxLineBytes: Int

    /// The number of the line that `next()` returns next, or at which it failed.
    package private(set) var lineNumber = 1

    /// Bytes from the start of the current line on, after `start` bytes of lines already returned.
    private var buffer: [UInt8] = []
    private var start = 0

    /// Up to here the buffer has been searched for a line break.
    private var searched = 0

    /// Stream offset of the current line.
    private var byteOffset = 0
    private var isFinished = false

    /// - Parameter maxLineBytes: bytes that a line may have, without its line break.
    package init(maxLineBytes: Int) {
        self.maxLineBytes = maxLineBytes
    }

    /// Adds the next bytes of the stream.
    package mutating func append(_ chunk: some Collection<UInt8>) {
        buffer.removeFirst(start)
        searched -= start
        start = 0
        buffer.append(contentsOf: chunk)
    }

    /// Declares the end of the stream, so that `next()` returns a last line without line break too.
    package mutating func finish() {
        isFinished = true
    }

    /// The next complete line, or nil if more bytes are needed or the stream is at its end.
    ///
    /// - Throws: `lineTooLong` as soon as the first byte too much is there, with its offset, and at every later call.
    package mutating func next() throws(JSONError) -> JSONLine? {
        if let lineBreak = buffer[searched...].firstIndex(of: ASCII.lineFeed) {
            return try take(buffer[start..<lineBreak], after: lineBreak + 1)
        }
        searched = buffer.count
        let rest = buffer[start...]
        guard isFinished, !rest.isEmpty else {
            _ = try content(of: rest)
            return nil
        }
        return try take(rest, after: buffer.count)
    }

    private mutating func take(_ line: ArraySlice<UInt8>, after end: Int) throws(JSONError) -> JSONLine {
        let bytes = Array(try content(of: line))
        defer {
            lineNumber += 1
            byteOffset += end - start
            start = end
            searched = end
        }
        return JSONLine(lineNumber: lineNumber, byteOffset: byteOffset, bytes: bytes)
    }

    /// The line without a carriage return at its end, if it is short enough.
    private func content(of line: ArraySlice<UInt8>) throws(JSONError) -> ArraySlice<UInt8> {
        let content = line.last == ASCII.carriageReturn ? line.dropLast() : line
        guard content.count <= maxLineBytes else { throw JSONError(.lineTooLong, at: byteOffset + maxLineBytes) }
        return content
    }
}
