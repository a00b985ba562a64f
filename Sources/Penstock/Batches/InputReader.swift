import JSON

/// Reads a batch's input file line by line from any place, a chunk at a time.
package struct InputReader: Sendable {
    /// The most that a line may have: what a JSON text may.
    package static let maxLineBytes = 16 << 20

    private let file: FileID
    private let ledger: any FileLedger
    private let firstLine: Int
    private let firstOffset: Int64
    private var lines: JSONLines
    private var nextChunk: Int
    private var skip: Int
    private var isAtEnd = false
    private var returned: Line?

    package init(_ file: FileID, from cursor: FeedCursor, maxLineBytes: Int, ledger: any FileLedger) {
        self.file = file
        self.ledger = ledger
        firstLine = cursor.line
        firstOffset = cursor.offset
        lines = JSONLines(maxLineBytes: maxLineBytes)
        nextChunk = Int(cursor.offset / Int64(FileChunk.size))
        skip = Int(cursor.offset % Int64(FileChunk.size))
    }

    /// A line with its place in the whole file.
    package struct Line: Sendable {
        package let number: Int
        package let bytes: [UInt8]
        /// Where the line begins.
        package let cursor: FeedCursor
    }

    /// - Returns: the next line that is not blank; nil after the last.
    /// - Throws: `JSONError` for a line that is too long; `LedgerUnavailable`.
    package mutating func next() async throws -> Line? {
        if let line = returned {
            returned = nil
            return line
        }
        while true {
            if let line = try lines.next() {
                if line.isBlank { continue }
                let number = firstLine + line.lineNumber - 1
                let cursor = FeedCursor(line: number, offset: firstOffset + Int64(line.byteOffset))
                return Line(number: number, bytes: line.bytes, cursor: cursor)
            }
            if isAtEnd { return nil }
            try await readChunk()
        }
    }

    /// The number of the line that `next` returns next, blank ones included, or at which it failed.
    package var lineNumber: Int { firstLine + lines.lineNumber - 1 }

    /// Gives back a line that was read too early; `next` returns it again.
    package mutating func putBack(_ line: Line) {
        returned = line
    }

    private mutating func readChunk() async throws {
        guard let chunk = try await ledger.chunk(nextChunk, of: file) else {
            isAtEnd = true
            return lines.finish()
        }
        lines.append(chunk.dropFirst(skip))
        skip = 0
        nextChunk += 1
    }
}
