import Glibc

/// A failed system call.
struct SystemError: Error, Equatable {
    let code: Int32

    static var current: SystemError { SystemError(code: errno) }

    var message: String { String(cString: strerror(code)) }
}

/// Whole reads and writes on descriptors, repeated after signals.
enum SystemFile {
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw .current
            }
        }
    }

    /// The next bytes, at most `limit`; empty at the end.
    static func read(_ descriptor: Int32, limit: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            var result = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            while result < 0, errno == EINTR { result = Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
            if result < 0 { failure = .current }
            count = max(result, 0)
        }
        if let failure { throw failure }
        return bytes
    }

    /// Opens a file for reading, hands its descriptor to `body` and closes it.
    ///
    /// - Throws: `CLIError.local` naming the path, or what `body` throws.
    static func withReading<Result>(_ path: String, _ body: (Int32) async throws -> Result) async throws -> Result {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CLIError.local("cannot read \(path): \(SystemError.current.message)") }
        defer { close(descriptor) }
        do {
            return try await body(descriptor)
        } catch let error as SystemError {
            throw CLIError.local("cannot read \(path): \(error.message)")
        }
    }
}
