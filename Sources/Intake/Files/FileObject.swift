import JSON
import Penstock

/// A file as OpenAI's API shows it.
enum FileObject {
    static func write(_ file: FileRecord, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", file.id.text)
            writer.member("object", "file")
            writer.member("bytes", file.bytes)
            writer.member("created_at", file.createdAt.seconds)
            writer.member("expires_at", file.expiresAt?.seconds)
            writer.member("filename", file.filename)
            writer.member("purpose", file.purpose.rawValue)
            // Deprecated, but SDKs require it. A file is visible once it is complete.
            writer.member("status", "processed")
            writer.member("status_details", nil as String?)
        }
    }
}
