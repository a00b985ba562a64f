/// A failure of the Redis client.
package struct RedisError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong; new codes may be added.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String, Sendable {
            case invalidConfiguration, connectFailed, authenticationFailed, disconnected, timeout, server
            case invalidReply, cancelled, closed, queueFull
        }

        private let name: Name

        /// A URL, a file or an option cannot be used.
        package static let invalidConfiguration = Code(name: .invalidConfiguration)
        /// No connection could be established: address, TLS or the first commands on it.
        package static let connectFailed = Code(name: .connectFailed)
        /// The server refused user name and password, or asks for some.
        package static let authenticationFailed = Code(name: .authenticationFailed)
        /// The connection was lost, or closed because another command on it timed out.
        package static let disconnected = Code(name: .disconnected)
        /// No reply, or no connection, until the command's deadline.
        package static let timeout = Code(name: .timeout)
        /// The server answered with an error; see `serverError`.
        package static let server = Code(name: .server)
        /// The server sent what is no reply; the connection was closed.
        package static let invalidReply = Code(name: .invalidReply)
        /// The calling task was cancelled.
        package static let cancelled = Code(name: .cancelled)
        /// The client or connection was shut down by its owner.
        package static let closed = Code(name: .closed)
        /// Too many commands already wait for a connection.
        package static let queueFull = Code(name: .queueFull)

        package var description: String { name.rawValue }
    }

    package let code: Code
    /// For logs. Holds neither arguments nor credentials of ours; a server's error may quote a command.
    package let message: String
    /// Whether the server may have executed the command, wholly or in part. `false` means that repeating is safe.
    package let mayHaveRun: Bool
    /// The server's error, for `.server` and `.authenticationFailed`, and `.connectFailed` if one was the cause.
    package let serverError: RedisServerError?

    package init(_ code: Code, _ message: String, mayHaveRun: Bool = false, serverError: RedisServerError? = nil) {
        self.code = code
        self.message = message
        self.mayHaveRun = mayHaveRun
        self.serverError = serverError
    }

    package var description: String { "Redis \(code): \(message)" }
}

extension RedisError {
    /// An error reply as a thrown error.
    init(server error: RedisServerError) {
        self.init(
            error.isAuthenticationFailure ? .authenticationFailed : .server,
            error.description,
            mayHaveRun: error.mayHaveRun,
            serverError: error
        )
    }

    /// The same failure for a command that was, or was not, written to the server.
    func with(mayHaveRun: Bool) -> RedisError {
        RedisError(code, message, mayHaveRun: mayHaveRun, serverError: serverError)
    }

    static let shutDown = RedisError(.closed, "the client is shut down")
    static let cancelled = RedisError(.cancelled, "the calling task was cancelled")
}
