import Fetch
import JSON

/// A file that an earlier, repeated submission has uploaded already.
struct EarlierUpload {
    private static let searched = 1000

    let api: API
    let filename: String
    let bytes: Int
    let path: String

    /// The oldest input file on the server with this name, length and content, so that every repetition finds the same.
    func find() async throws -> String? {
        let files = try await api.list(
            "/v1/files",
            query: [("purpose", "batch"), ("order", "asc")],
            limit: Self.searched
        )
        for file in files where file.text("filename") == filename && file.int("bytes") == bytes {
            let id = try ObjectID(checking: file.required("id"))
            if try await hasSameContent(id) { return id.text }
        }
        return nil
    }

    private func hasSameContent(_ id: ObjectID) async throws -> Bool {
        let stream = try await api.download("/v1/files/\(id)/content")
        return try await SystemFile.withReading(path) { descriptor in
            try await api.reading {
                for try await chunk in stream.chunks {
                    guard try Self.take(chunk.count, from: descriptor) == chunk else { return false }
                }
                return try SystemFile.read(descriptor, limit: 1).isEmpty
            }
        }
    }

    /// Exactly so many bytes, or fewer at the end.
    private static func take(_ count: Int, from descriptor: Int32) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try SystemFile.read(descriptor, limit: count - bytes.count)
            guard !more.isEmpty else { break }
            bytes += more
        }
        return bytes
    }
}
