import Fetch
import JSON

/// Prints a batch's results as they come in: a file of results grows in the middle, too, so what is new is told by the
/// lines' ids.
struct ResultFollower {
    /// Between two looks, and no less than this many times what a look took.
    private static let pause = Duration.seconds(1)
    private static let share = 10

    let api: API
    let batch: ObjectID
    /// Whether to print the requests that did not succeed instead of those that did.
    let errors: Bool
    let output: TextChannel

    /// - Returns: the batch as it ended; earlier only when the reader of the output went.
    func run() async throws -> Batch {
        var printed: Set<String> = []
        while true {
            let start = ContinuousClock.now
            let now = try Batch(try await api.get("/v1/batches/\(batch)").root)
            if let file = errors ? now.errorFile : now.outputFile {
                try await printNew(of: ObjectID(checking: file), &printed)
            }
            if now.isTerminal || output.readerIsGone { return now }
            try await Task.sleep(for: max(Self.pause, start.duration(to: .now) * Self.share))
        }
    }

    private func printNew(of file: ObjectID, _ printed: inout Set<String>) async throws {
        let stream = try await api.download("/v1/files/\(file)/content")
        var lines = JSONLines(maxLineBytes: API.maxResponseBytes)
        try await api.reading {
            for try await chunk in stream.chunks {
                lines.append(chunk)
                while let line = try lines.next() { try print(line.bytes, &printed) }
            }
        }
    }

    private func print(_ line: [UInt8], _ printed: inout Set<String>) throws {
        guard !output.readerIsGone, let id = (try? JSONDocument(parsing: line))?.root.text("id"),
            printed.insert(id).inserted
        else { return }
        try output.foreign(line + [UInt8(ascii: "\n")])
    }
}
