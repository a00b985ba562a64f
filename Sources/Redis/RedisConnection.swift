import NIOCore

/// A connection of one's own, for commands that block or depend on each other, such as `BLPOP` or `WATCH`.
///
/// It is not opened again when it is lost: its owner makes a new one.
package final class RedisConnection: Sendable {
    private let link: RedisLink
    private let inbox: RequestInbox
    private let commandTimeout: Duration

    init(link: RedisLink, commandTimeout: Duration) {
        self.link = link
        self.commandTimeout = commandTimeout
        self.inbox = RequestInbox(eventLoop: link.channel.eventLoop) { [handler = link.handler] batch in
            handler.value.send(batch.requests)
            for id in batch.cancelled { handler.value.cancel(id) }
        }
    }

    /// Runs one command. A command that blocks needs a `timeout` longer than its own.
    ///
    /// A cancelled caller returns at once, yet the server still blocks: close the connection then.
    /// - Throws: As `RedisClient.send`.
    package func send(_ command: RedisCommand, timeout: Duration? = nil) async throws(RedisError) -> RedisValue {
        try await perform([command], timeout).singleReply()
    }

    /// Runs one command, given as name and arguments.
    package func send(
        _ name: String,
        _ arguments: any RedisArgument...,
        timeout: Duration? = nil
    ) async throws(RedisError) -> RedisValue {
        try await perform([RedisCommand(name, arguments: arguments)], timeout).singleReply()
    }

    /// Runs commands in one piece; error replies are in place.
    package func pipeline(
        _ commands: [RedisCommand],
        timeout: Duration? = nil
    ) async throws(RedisError) -> [RedisValue] {
        commands.isEmpty ? [] : try await perform(commands, timeout).get()
    }

    /// Closes the connection; commands in flight fail with `.closed`. May be called more than once.
    package func close() {
        link.close(RedisError(.closed, "the connection was closed by its owner"))
    }

    private func perform(
        _ commands: [RedisCommand],
        _ timeout: Duration?
    ) async -> Result<[RedisValue], RedisError> {
        await inbox.perform(commands, deadline: .after(timeout ?? commandTimeout))
    }
}

extension RedisClient {
    /// Opens a connection that the caller owns and closes.
    ///
    /// - Throws: `.connectFailed`, `.authenticationFailed`, `.closed`, `.cancelled`, after one attempt.
    package func makeConnection() async throws(RedisError) -> RedisConnection {
        let link = try await connector.connect(on: eventLoopGroup.next())
        return RedisConnection(link: link, commandTimeout: configuration.commandTimeout)
    }

    /// Lends a connection for the time of `body`, and closes it.
    ///
    /// - Throws: As `makeConnection`, and what `body` throws.
    package func withDedicatedConnection<Value>(
        _ body: (RedisConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await makeConnection()
        defer { connection.close() }
        return try await body(connection)
    }
}
