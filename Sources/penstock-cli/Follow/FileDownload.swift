import Fetch
import Glibc

/// Brings a file of the server to standard output or to a file of ours.
struct FileDownload {
    let api: API

    /// Streams to standard output until the end or until its reader goes.
    func toOutput(_ id: ObjectID, _ output: TextChannel) async throws {
        let stream = try await api.download("/v1/files/\(id)/content")
        try await api.reading {
            var text = ForeignText(output)
            for try await chunk in stream.chunks {
                try text.write(chunk)
                if output.readerIsGone { break }
            }
            try text.finish()
        }
    }

    /// Writes a file that nobody else sees.
    func toScratch(_ id: ObjectID, _ file: ScratchFile) async throws {
        let stream = try await api.download("/v1/files/\(id)/content")
        try await api.reading {
            for try await chunk in stream.chunks { try file.write(chunk) }
        }
        try file.flush()
    }

    /// Writes a file that appears under its name only when it is complete.
    ///
    /// - Returns: its length in bytes.
    func toFile(_ id: ObjectID, path: String) async throws -> Int {
        let stream = try await api.download("/v1/files/\(id)/content")
        let target = try DownloadTarget(path: path)
        do {
            var count = 0
            try await api.reading {
                for try await chunk in stream.chunks {
                    try target.write(chunk)
                    count += chunk.count
                }
            }
            try target.finish()
            return count
        } catch {
            target.abandon()
            throw error
        }
    }
}

/// A file being written beside its final name; devices and pipes are written directly.
struct DownloadTarget {
    private let path: String
    /// Nil when written directly.
    private let temporaryPath: String?
    private let descriptor: Int32

    /// - Throws: `CLIError.local` when nothing can be written there.
    init(path: String) throws(CLIError) {
        var facts = stat()
        let exists = stat(path, &facts) == 0
        let isSpecial = exists && facts.st_mode & S_IFMT != S_IFREG
        // A symbolic link stays one: its target is exchanged.
        let resolved = exists ? realpath(path, nil) : nil
        self.path = resolved.map { String(cString: $0) } ?? path
        free(resolved)
        temporaryPath = isSpecial ? nil : "\(self.path).\(getpid()).part"
        descriptor = open(temporaryPath ?? path, O_WRONLY | O_CREAT | (isSpecial ? 0 : O_EXCL) | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    func write(_ bytes: [UInt8]) throws(CLIError) {
        do {
            try SystemFile.writeAll(bytes, to: descriptor)
        } catch {
            throw .local("cannot write \(path): \(error.message)")
        }
    }

    func finish() throws(CLIError) {
        guard close(descriptor) == 0 else { throw Self.failure(path) }
        guard let temporaryPath else { return }
        guard rename(temporaryPath, path) == 0 else { throw Self.failure(path) }
    }

    /// Leaves nothing half-written behind.
    func abandon() {
        close(descriptor)
        if let temporaryPath { unlink(temporaryPath) }
    }

    private static func failure(_ path: String) -> CLIError {
        .local("cannot write \(path): \(SystemError.current.message)")
    }
}
