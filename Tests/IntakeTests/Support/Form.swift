/// A multipart form as a client would send it.
struct Form {
    let boundary = "----boundary42"
    private var parts: [UInt8] = []

    init() {}

    /// The usual upload.
    init(file: [UInt8], name: String = "a.jsonl", purpose: String = "batch") {
        add("purpose", purpose)
        add("file", filename: name, file)
    }

    mutating func add(_ name: String, _ value: String) {
        parts += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8
    }

    mutating func add(_ name: String, filename: String, _ content: [UInt8]) {
        parts += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"; filename=\"\(filename)\"\r\n".utf8
        parts += Array("Content-Type: application/octet-stream\r\n\r\n".utf8) + content + [13, 10]
    }

    var bytes: [UInt8] { parts + Array("--\(boundary)--\r\n".utf8) }
    var contentType: String { "multipart/form-data; boundary=\(boundary)" }
}
