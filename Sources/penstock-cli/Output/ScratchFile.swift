import Glibc

/// A file for the moment. It has no name from the start, so that nothing of it stays behind however the process ends.
final class ScratchFile {
    private static let bufferBytes = 1 << 20

    private let descriptor: Int32
    private var buffer: [UInt8] = []

    /// Made in `TMPDIR`, else in `/tmp`.
    ///
    /// - Throws: `CLIError.local` when nothing can be written there.
    init() throws(CLIError) {
        let folder = Environment["TMPDIR"] ?? "/tmp"
        var path = Array("\(folder)/penstock-XXXXXX".utf8CString)
        descriptor = mkstemp(&path)
        guard descriptor >= 0 else {
            throw .local("cannot write to \(folder): \(SystemError.current.message); set TMPDIR to another folder")
        }
        unlink(path)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit {
        close(descriptor)
    }

    /// Where it can be read while it is open; only what was flushed is there.
    var path: String { "/dev/fd/\(descriptor)" }

    func write(_ bytes: some Collection<UInt8>) throws(CLIError) {
        buffer += bytes
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    func flush() throws(CLIError) {
        do {
            try SystemFile.writeAll(buffer, to: descriptor)
        } catch {
            throw .local("cannot write a temporary file: \(error.message); set TMPDIR to a folder with more room")
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
