import JSON

/// The requests that an error file names, to be found again in the input. Pure.
///
/// Ids are compared by their bytes: texts that look alike are not the same request.
struct FailedLines {
    /// Longer than any answer that a worker accepts from a provider.
    static let maxErrorLineBytes = 64 << 20

    private static let errorLimits = JSONLimits(maxDepth: 512, maxBytes: maxErrorLineBytes)
    private var open: Set<[UInt8]> = []

    /// Requests that were not found so far.
    var count: Int { open.count }

    /// Takes one line of the error file.
    ///
    /// - Throws: `CLIError.unexpectedAnswer` when it names no request.
    mutating func add(errorLine line: JSONLine) throws(CLIError) {
        guard !line.isBlank else { return }
        guard let id = Self.customID(of: line, limits: Self.errorLimits) else {
            throw .unexpectedAnswer("line \(line.lineNumber) of the batch's error file names no request")
        }
        open.insert(id)
    }

    /// - Returns: whether the line of the input is one of the requests; each is found once.
    mutating func take(inputLine line: JSONLine) -> Bool {
        guard !line.isBlank, let id = Self.customID(of: line, limits: .standard) else { return false }
        return open.remove(id) != nil
    }

    private static func customID(of line: JSONLine, limits: JSONLimits) -> [UInt8]? {
        let root = (try? JSONDocument(parsing: line.bytes, limits: limits))?.root
        return root?.text("custom_id").map { Array($0.utf8) }
    }
}
