import JSON

/// Makes a new batch of the requests of an ended one that did not succeed.
struct BatchRetry {
    let api: API
    let notes: TextChannel
    let batch: Batch
    var idempotencyKey: String?

    /// - Returns: the new batch; nil when nothing failed.
    func run() async throws -> Batch? {
        guard let errorFile = batch.errorFile else { return nil }
        var failed = try await failedLines(of: try await download(errorFile))
        guard failed.count > 0 else { return nil }
        let wanted = failed.count
        let input = try await download(try batch.json.required("input_file_id"))
        let file = try await pick(&failed, from: input)
        guard failed.count == 0 else {
            throw CLIError.unexpectedAnswer(
                "\(failed.count.grouped) of \(wanted.grouped) failed requests are not in the batch's input file"
            )
        }
        notes.note("\(wanted.grouped) of \(batch.total.grouped) requests did not succeed and are submitted again.")
        return try await submission(of: file).run()
    }

    /// The metadata of the new batch: as before, and whose retry it is.
    var metadata: [(key: String, value: String)] {
        let kept = (batch.json.object("metadata")?.members.map { (key: $0.key, value: $0.value.string ?? "") } ?? [])
            .filter { $0.key != Self.origin }
        return kept + [(key: Self.origin, value: batch.id)]
    }

    private static let origin = "retry_of"

    private func submission(of file: ScratchFile) throws -> Submission {
        Submission(
            api: api,
            notes: notes,
            file: file.path,
            filename: "retry-of-\(batch.id).jsonl",
            endpoint: try batch.json.required("endpoint"),
            window: try batch.json.required("completion_window"),
            metadata: checkedMetadata(),
            idempotencyKey: idempotencyKey
        )
    }

    /// Leaves out whose retry it is where there is no room for it.
    private func checkedMetadata() -> [(key: String, value: String)] {
        guard metadata.count > Submission.maxMetadata else { return metadata }
        notes.note("The batch has \(Submission.maxMetadata) metadata pairs already: `\(Self.origin)` is left out.")
        return metadata.dropLast()
    }

    private func download(_ id: String) async throws -> ScratchFile {
        let file = try ScratchFile()
        try await FileDownload(api: api).toScratch(ObjectID(checking: id), file)
        return file
    }

    private func failedLines(of errors: ScratchFile) async throws -> FailedLines {
        var failed = FailedLines()
        try await forEachLine(of: errors, "error", maxLineBytes: FailedLines.maxErrorLineBytes) { line in
            try failed.add(errorLine: line)
        }
        return failed
    }

    private func pick(_ failed: inout FailedLines, from input: ScratchFile) async throws -> ScratchFile {
        let file = try ScratchFile()
        try await forEachLine(of: input, "input", maxLineBytes: LineFile.maxLineBytes) { line in
            if failed.take(inputLine: line) { try file.write(line.bytes + [UInt8(ascii: "\n")]) }
        }
        try file.flush()
        return file
    }

    private func forEachLine(
        of file: ScratchFile,
        _ kind: String,
        maxLineBytes: Int,
        _ body: (JSONLine) throws -> Void
    ) async throws {
        do {
            try await LineFile.forEachLine(of: file.path, maxLineBytes: maxLineBytes) { line in
                try body(line)
                return true
            }
        } catch let error as JSONError {
            throw CLIError.unexpectedAnswer("the batch's \(kind) file cannot be read: \(error)")
        }
    }
}
