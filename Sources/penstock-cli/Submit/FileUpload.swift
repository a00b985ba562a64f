import Glibc

/// Brings a file of this machine to the server.
struct FileUpload {
    /// Most bytes of a file that is sent; it is held in memory meanwhile.
    private static let maxBytes = 512 << 20
    private static let chunkBytes = 1 << 20

    let api: API
    let path: String
    let filename: String

    /// - Throws: `CLIError.local` for what cannot be sent.
    static func size(of file: String) throws(CLIError) -> Int {
        var facts = stat()
        guard stat(file, &facts) == 0 else { throw .local("cannot read \(file): \(SystemError.current.message)") }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw .local("\(file) is not a regular file") }
        guard facts.st_size <= maxBytes else {
            throw .local("\(file) is larger than \(NumberText.bytes(maxBytes)); split it")
        }
        return facts.st_size
    }

    /// - Parameter size: the file's length, to allocate once.
    /// - Returns: the answer, a file object.
    func send(size: Int) async throws -> Answer {
        let form = try await SystemFile.withReading(path) { descriptor in
            try MultipartForm(
                fields: [("purpose", "batch")],
                filename: filename,
                sizeHint: size,
                boundary: "penstock-\(RandomName.hex())"
            ) { () throws(SystemError) in try SystemFile.read(descriptor, limit: Self.chunkBytes) }
        }
        return try await api.upload("/v1/files", form: form)
    }
}
