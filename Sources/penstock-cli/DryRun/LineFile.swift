import JSON

/// A JSON Lines file on disk, read line by line in bounded memory.
enum LineFile {
    static let maxLineBytes = 16 << 20
    private static let chunkBytes = 1 << 20

    /// Hands out the lines in order until `body` returns false.
    ///
    /// - Throws: `JSONError` for a line that is too long, `CLIError.local` when the file cannot be read.
    static func forEachLine(
        of path: String,
        maxLineBytes: Int = maxLineBytes,
        _ body: (JSONLine) throws -> Bool
    ) async throws {
        try await SystemFile.withReading(path) { descriptor in
            var lines = JSONLines(maxLineBytes: maxLineBytes)
            var isAtEnd = false
            while true {
                while let line = try lines.next() {
                    guard try body(line) else { return }
                }
                guard !isAtEnd else { return }
                let chunk = try SystemFile.read(descriptor, limit: chunkBytes)
                isAtEnd = chunk.isEmpty
                if isAtEnd { lines.finish() } else { lines.append(chunk) }
            }
        }
    }

    /// The endpoint that the first request names.
    ///
    /// - Throws: `CLIError.local` when there is none.
    static func firstURL(of path: String) async throws -> String {
        var first: JSONLine?
        do {
            try await forEachLine(of: path) { line in
                first = line.isBlank ? nil : line
                return line.isBlank
            }
        } catch let error as JSONError {
            throw CLIError.local("\(path): \(error)")
        }
        guard let first else { throw CLIError.local("\(path) is empty") }
        guard let url = (try? JSONDocument(parsing: first.bytes))?.root.text("url") else {
            throw CLIError.local(
                "\(path), line \(first.lineNumber) is no JSON object with a `url`; check the file with --dry-run, "
                    + "or name the endpoint with --endpoint"
            )
        }
        return url
    }
}
