package import Glibc
import Synchronization

/// A real `redis-server` of one test, on a free port of 127.0.0.1, with a private directory.
///
/// Nothing is persisted unless `arguments` say so, for example `["--appendonly", "yes"]`.
package final class RedisServer: Sendable {
    package let port: UInt16
    package let directory: TemporaryDirectory
    private let arguments: [String]
    private let process: Mutex<ChildProcess>

    private init(port: UInt16, directory: TemporaryDirectory, arguments: [String]) throws {
        self.port = port
        self.directory = directory
        self.arguments = arguments
        self.process = try Mutex(Self.launch(port, directory, arguments))
    }

    /// Starts a server and waits until it answers.
    ///
    /// - Parameter arguments: Options as on the command line; they win over the fixture's.
    package static func start(arguments: [String] = []) async throws -> RedisServer {
        let directory = try TemporaryDirectory()
        // Another process may take the port between finding it free and listening on it.
        for _ in 0..<5 {
            let port = try Loopback.freePort()
            let server = try RedisServer(port: port, directory: directory, arguments: arguments)
            if try await server.answers() { return server }
        }
        throw TestSupportError("redis-server does not start; see \(directory.file("redis.log"))")
    }

    /// Lends a server for the time of `body`.
    package static func with<Value>(
        arguments: [String] = [],
        _ body: (RedisServer) async throws -> Value
    ) async throws -> Value {
        let server = try await start(arguments: arguments)
        do {
            let value = try await body(server)
            try await server.stop()
            return value
        } catch {
            try await server.stop()
            throw error
        }
    }

    /// `redis://127.0.0.1:<port>`
    package var url: String { "redis://127.0.0.1:\(port)" }

    package var pid: pid_t { child.pid }

    /// Ends the server and removes its directory.
    package func stop() async throws {
        child.signal(SIGCONT)
        try await child.terminate()
        try await directory.remove()
    }

    /// Kills the server with SIGKILL and waits until it is gone.
    package func kill() async throws {
        child.signal(SIGKILL)
        try await child.wait()
    }

    /// Starts the server again on the same port and directory, after ending it if it runs.
    package func restart() async throws {
        try await child.terminate()
        let next = try Self.launch(port, directory, arguments)
        process.withLock { $0 = next }
        guard try await answers() else { throw TestSupportError("redis-server does not start again") }
    }

    /// Stops the process in its tracks: it keeps its connections and answers nothing.
    package func pause() { child.signal(SIGSTOP) }

    package func resume() { child.signal(SIGCONT) }

    private var child: ChildProcess { process.withLock { $0 } }

    private static func launch(
        _ port: UInt16,
        _ directory: TemporaryDirectory,
        _ arguments: [String]
    ) throws -> ChildProcess {
        let fixed = [
            "--port", "\(port)", "--bind", "127.0.0.1", "--dir", directory.path, "--save", "", "--appendonly", "no",
            "--daemonize", "no",
        ]
        return try ChildProcess("redis-server", fixed + arguments, output: directory.file("redis.log"))
    }

    /// Polls until the server serves (or asks for a password); `false` when its process ended instead.
    private func answers() async throws -> Bool {
        for _ in 0..<2_000 {
            if child.exitStatus != nil { return false }
            let answer = Loopback.ask(port: port, "PING\r\n")
            if let answer, answer.hasPrefix("+PONG") || answer.hasPrefix("-NOAUTH") { return true }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw TestSupportError("redis-server does not answer; see \(directory.file("redis.log"))")
    }
}
