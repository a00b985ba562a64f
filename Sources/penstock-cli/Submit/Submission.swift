import Glibc
import JSON

/// Brings a file of requests to the server and makes a batch of it.
struct Submission {
    /// Most metadata pairs of a batch.
    static let maxMetadata = 16

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
        let size = try FileUpload.size(of: file)
        // The same key with another file would be a conflict: a repeated submission must name the same file.
        if idempotencyKey != nil {
            let upload = EarlierUpload(api: api, filename: filename, bytes: size, path: file)
            if let id = try await upload.find() {
                notes.note("\(filename.printable) is on the server already (\(id)).")
                return id
            }
        }
        notes.note("Uploading \(filename.printable) (\(NumberText.bytes(size))) …")
        return try await FileUpload(api: api, path: file, filename: filename).send(size: size).root.required("id")
    }
}
