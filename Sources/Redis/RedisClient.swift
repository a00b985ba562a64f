package import Logging
package import NIOCore
import NIOPosix

/// A client of one Redis server: a shared, pipelined connection, and own connections for what blocks.
///
/// The shared connection is opened by the first command, and from then on kept open until `shutdown`. Concurrent
/// commands go out together and are answered in order, so nothing that blocks may be sent here.
package final class RedisClient: Sendable {
    package let configuration: RedisConfiguration
    let connector: Connector
    let eventLoopGroup: any EventLoopGroup
    let logger: Logger
    private let counters = RedisCounters()
    private let core: NIOLoopBoundBox<ClientCore>
    private let inbox: RequestInbox

    /// Connects to nothing yet.
    ///
    /// - Throws: `.invalidConfiguration` when TLS files cannot be used.
    package init(
        configuration: RedisConfiguration,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logger: Logger
    ) throws(RedisError) {
        let eventLoop = eventLoopGroup.next()
        let connector = try Connector(configuration)
        let counters = self.counters
        let core = NIOLoopBoundBox.makeBoxSendingValue(
            ClientCore(connector: connector, eventLoop: eventLoop, counters: counters, logger: logger),
            eventLoop: eventLoop
        )
        self.configuration = configuration
        self.connector = connector
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
        self.core = core
        self.inbox = RequestInbox(eventLoop: eventLoop) { batch in core.value.receive(batch) }
    }

    /// Runs one command.
    ///
    /// - Parameter timeout: From now to the reply; `nil` is the configured one. When it passes after the command was
    ///   written, the shared connection is closed, for its state is unknown.
    /// - Throws: `.server` for an error reply; `.timeout`, `.disconnected`, `.cancelled`, … see `RedisError.Code`.
    package func send(_ command: RedisCommand, timeout: Duration? = nil) async throws(RedisError) -> RedisValue {
        try await execute(command, deadline: deadline(timeout))
    }

    /// Runs one command, given as name and arguments.
    package func send(
        _ name: String,
        _ arguments: any RedisArgument...,
        timeout: Duration? = nil
    ) async throws(RedisError) -> RedisValue {
        try await execute(RedisCommand(name, arguments: arguments), deadline: deadline(timeout))
    }

    /// Runs commands that nothing comes between on the connection; they are not a transaction.
    ///
    /// - Returns: One reply per command, in order, with error replies in place.
    /// - Throws: As `send`, except for error replies.
    package func pipeline(
        _ commands: [RedisCommand],
        timeout: Duration? = nil
    ) async throws(RedisError) -> [RedisValue] {
        try await perform(commands, deadline: deadline(timeout)).get()
    }

    /// Runs a script by its hash, and by its source if the server does not have it.
    ///
    /// - Throws: As `send`; `timeout` covers both tries.
    package func evaluate(
        _ script: RedisScript,
        keys: [String],
        arguments: [any RedisArgument] = [],
        timeout: Duration? = nil
    ) async throws(RedisError) -> RedisValue {
        let deadline = deadline(timeout)
        do {
            return try await execute(script.call(keys: keys, arguments: arguments), deadline: deadline)
        } catch  where error.serverError?.prefix == "NOSCRIPT" {
            return try await execute(script.callWithSource(keys: keys, arguments: arguments), deadline: deadline)
        }
    }

    /// Closes all connections. Commands in flight and later ones fail with `.closed`; subscriptions end so too.
    package func shutdown() async {
        await withCheckedContinuation { continuation in
            core.eventLoop.execute { [core] in
                core.value.close()
                continuation.resume()
            }
        }
        await connector.openLinks.closeAll()
    }

    /// Whether the shared connection is up at the moment.
    package var isConnected: Bool { counters.isConnected }

    /// How long the shared connection has been up; nil while it is not.
    package var connectedFor: Duration? { counters.connectedFor }

    package var statistics: RedisStatistics { counters.snapshot }

    private func deadline(_ timeout: Duration?) -> NIODeadline {
        .after(timeout ?? configuration.commandTimeout)
    }

    private func execute(_ command: RedisCommand, deadline: NIODeadline) async throws(RedisError) -> RedisValue {
        try await perform([command], deadline: deadline).singleReply()
    }

    private func perform(
        _ commands: [RedisCommand],
        deadline: NIODeadline
    ) async -> Result<[RedisValue], RedisError> {
        if commands.isEmpty { return .success([]) }
        counters.began(commands.count)
        let result = await inbox.perform(commands, deadline: deadline)
        counters.ended(result, of: commands.count)
        return result
    }
}

extension Result<[RedisValue], RedisError> {
    /// The reply to a single command.
    ///
    /// - Throws: An error reply as `.server` or `.authenticationFailed`.
    func singleReply() throws(RedisError) -> RedisValue {
        let reply = try get()[0]
        if let error = reply.error { throw RedisError(server: error) }
        return reply
    }
}
