/// A `multipart/form-data` body with one file.
struct MultipartForm: Sendable {
    let contentType: String
    let bytes: [UInt8]

    /// - Parameters:
    ///   - fields: plain fields, sent before the file.
    ///   - sizeHint: the file's length, to allocate once.
    ///   - nextChunk: the file's bytes; empty at the end.
    init(
        fields: [(name: String, value: String)],
        filename: String,
        sizeHint: Int,
        boundary: String,
        nextChunk: () throws(SystemError) -> [UInt8]
    ) throws(SystemError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(sizeHint + 1024)
        for field in fields {
            bytes += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(field.name)\"\r\n\r\n".utf8
            bytes += "\(field.value)\r\n".utf8
        }
        let disposition = "form-data; name=\"file\"; filename=\"\(Self.quoted(filename))\""
        bytes += "--\(boundary)\r\nContent-Disposition: \(disposition)\r\n".utf8
        bytes += "Content-Type: application/jsonl\r\n\r\n".utf8
        while true {
            let chunk = try nextChunk()
            guard !chunk.isEmpty else { break }
            bytes += chunk
        }
        bytes += "\r\n--\(boundary)--\r\n".utf8
        self.bytes = bytes
        contentType = "multipart/form-data; boundary=\(boundary)"
    }

    /// As browsers do it: what would end the quotes or the line is percent-encoded.
    private static func quoted(_ name: String) -> String {
        name.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\"": result += "%22"
            case "\r": result += "%0D"
            case "\n": result += "%0A"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}

/// Random names.
enum RandomName {
    /// 128 random bits in hexadecimal.
    static func hex() -> String {
        (0..<2).map { _ in String(UInt64.random(in: 0...(.max)), radix: 16).leftPadded(to: 16, with: "0") }.joined()
    }
}
