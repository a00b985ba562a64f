import Glibc
import Synchronization

/// A MongoDB-compatible server of a suite: `nx-27017` (MongoDB's wire protocol on SQLite), on a free port of 127.0.0.1,
/// with a private directory.
package final class MongoServer: Sendable {
    package let port: UInt16
    private let directory: TemporaryDirectory
    private let process: Mutex<ChildProcess>

    private init(port: UInt16, directory: TemporaryDirectory) throws {
        self.port = port
        self.directory = directory
        self.process = try Mutex(Self.launch(port, directory))
    }

    /// Lends a server for the time of `body`.
    package static func with<Value>(_ body: (MongoServer) async throws -> Value) async throws -> Value {
        let server = try await start()
        do {
            let value = try await body(server)
            try await server.remove()
            return value
        } catch {
            try await server.remove()
            throw error
        }
    }

    /// `mongodb://127.0.0.1:<port>/<database>`
    package func uri(database: String, options: String = "") -> String {
        "mongodb://127.0.0.1:\(port)/\(database)\(options)"
    }

    /// Ends the server as a crash does; its data stays.
    package func kill() async throws {
        child.signal(SIGKILL)
        try await child.wait()
    }

    /// Stops answering, as a server does that hangs.
    package func freeze() { child.signal(SIGSTOP) }

    package func thaw() { child.signal(SIGCONT) }

    /// Starts the server again, on the same port and data.
    package func restart() async throws {
        let child = try Self.launch(port, directory)
        process.withLock { $0 = child }
        guard try await answers() else { throw TestSupportError("nx-27017 does not come back") }
    }

    private var child: ChildProcess { process.withLock { $0 } }

    private static func start() async throws -> MongoServer {
        let directory = try TemporaryDirectory()
        // Another process may take the port between finding it free and listening on it.
        for _ in 0..<5 {
            let server = try MongoServer(port: Loopback.freePort(), directory: directory)
            if try await server.answers() { return server }
        }
        throw TestSupportError("nx-27017 does not start; see \(directory.file("output"))")
    }

    private func remove() async throws {
        // Nobody reads its data again, and it is in no hurry to end when asked.
        try await kill()
        try await directory.remove()
    }

    private func answers() async throws -> Bool {
        for _ in 0..<4_000 {
            if child.exitStatus != nil { return false }
            if Loopback.accepts(port: port) { return true }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw TestSupportError("nx-27017 does not listen")
    }

    private static func launch(_ port: UInt16, _ directory: TemporaryDirectory) throws -> ChildProcess {
        try ChildProcess(
            executable(),
            [
                "--data-dir", directory.file("data"), "--port", "\(port)", "--pid-file", directory.file("pid"),
                "--log-file", directory.file("log"),
            ],
            output: directory.file("output")
        )
    }

    private static func executable() throws -> String {
        let named = getenv("PENSTOCK_TEST_NX27017").map { String(cString: $0) }
        // Tests/TestSupport/MongoServer.swift is three levels below the checkout.
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let path = named ?? "/\(root)/.penstock/venv/bin/nx-27017"
        guard access(path, X_OK) == 0 else {
            throw TestSupportError(
                "\(path) is missing: 'ops/setup --tests' installs it, or PENSTOCK_TEST_NX27017 names it"
            )
        }
        return path
    }
}
