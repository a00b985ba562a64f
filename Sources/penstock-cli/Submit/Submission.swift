import Glibc
import JSON

/// Brings a file of requests to the server and makes a batch of it.
struct Submission {
    /// Most bytes of a file that is sent; it is held in memory meanwhile.
    private static let maxBytes = 512 << 20
    /// Most metadata pairs of a batch.
    static let maxMetadata = 16
    private static let chunkBytes = 1 << 20

    let api: API
    let notes: TextChannel
    /// Path of the input.
    var file: String
    /// The name under which the server knows the file.
    var filename: String
    var endpoint: String
    var window: String
    var metadata: [(key: String, value: String)]
    /// The caller's own; nil for a random one, which only protects against our own retries.
    var idempotencyKey: String?

    /// - Returns: the batch as it was created, or the earlier one of the same idempotency key.
    func run() async throws -> Batch {
        let fileID = try await inputFile()
        let answer = try await api.post(
            "/v1/batches",
            body: creation(inputFile: fileID),
            idempotencyKey: idempotencyKey ?? "cli-\(RandomName.hex())"
        )
        return try Batch(answer.root)
    }

    /// The body of `POST /v1/batches`.
    func creation(inputFile: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("input_file_id", inputFile)
            writer.member("endpoint", endpoint)
            writer.member("completion_window", window)
            guard !metadata.isEmpty else { return }
            writer.key("metadata")
            writer.object { writer in
                for pair in metadata { writer.member(pair.key, pair.value) }
            }
        }
        return writer.bytes
    }

    private func inputFile() async throws -> String {
        let size = try size()
        // The same key with another file would be a conflict: a repeated submission must name the same file.
        if idempotencyKey != nil {
            let upload = EarlierUpload(api: api, filename: filename, bytes: size, path: file)
            if let id = try await upload.find() {
                notes.note("\(filename.printable) is on the server already (\(id)).")
                return id
            }
        }
        notes.note("Uploading \(filename.printable) (\(NumberText.bytes(size))) …")
        return try await upload(size: size)
    }

    private func upload(size: Int) async throws -> String {
        let form = try await SystemFile.withReading(file) { descriptor in
            try MultipartForm(
                fields: [("purpose", "batch")],
                filename: filename,
                sizeHint: size,
                boundary: "penstock-\(RandomName.hex())"
            ) { () throws(SystemError) in try SystemFile.read(descriptor, limit: Self.chunkBytes) }
        }
        return try await api.upload("/v1/files", form: form).root.required("id")
    }

    private func size() throws(CLIError) -> Int {
        var facts = stat()
        guard stat(file, &facts) == 0 else { throw .local("cannot read \(file): \(SystemError.current.message)") }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw .local("\(file) is not a regular file") }
        guard facts.st_size <= Self.maxBytes else {
            throw .local("\(file) is larger than \(NumberText.bytes(Self.maxBytes)); split it")
        }
        return facts.st_size
    }
}
