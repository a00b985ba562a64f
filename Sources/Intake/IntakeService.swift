import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import Penstock
import ServiceLifecycle
import Telemetry

/// The HTTP API as a service. On graceful shutdown it accepts no more connections, lets requests in flight end and
/// long polls return at once; whoever runs it sets how long that may take.
package struct IntakeService: Service {
    private let configuration: IntakeConfiguration
    private let dependencies: IntakeDependencies
    private let logger: Logger
    private let onListening: @Sendable (Int) -> Void

    /// - Parameter onListening: told the port, once connections are accepted.
    package init(
        configuration: IntakeConfiguration,
        dependencies: IntakeDependencies,
        logger: Logger,
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.dependencies = dependencies
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until it is shut down.
    ///
    /// - Throws: what keeps it from listening, such as an address in use.
    package func run() async throws {
        let health = dependencies.health
        defer { health.set(Self.check, .notReady("not listening")) }
        let listener = try Listener(
            "intake",
            maxConnections: configuration.maxConnections,
            maxPerAddress: configuration.maxConnectionsPerAddress,
            idleTimeout: configuration.idleTimeout,
            tls: configuration.tls,
            logger: logger
        )
        try await withThrowingTaskGroup { group in
            group.addTask { await MemoryTrim.run() }
            defer { group.cancelAll() }
            try await listener.run { try await server(listener).run() }
        }
    }

    private static let check = "intake"

    private func server(_ listener: Listener) -> any Service {
        let metrics = IntakeMetrics()
        let dispatcher = Dispatcher(
            router: IntakeRouter.make(
                configuration,
                dependencies,
                shares: ConnectionShares(connections: listener.maxConnections),
                metrics: metrics,
                logger: logger
            ),
            clock: dependencies.clock,
            pace: configuration.bodyPace,
            metrics: metrics,
            budget: ByteBudget(
                total: configuration.maxBytesInFlight,
                perTenant: configuration.maxBytesInFlightPerTenant
            ),
            outages: OutageLog(logger, "request refused for now", level: .warning),
            logger: logger
        )
        return listener.channel(dispatcher.respond).server(
            configuration: ServerConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                backlog: configuration.backlog
            ),
            onServerRunning: { [dependencies, logger, onListening] channel in
                await listener.opened(channel)
                let port = channel.localAddress?.port ?? 0
                logger.notice("intake is listening", [.port: .integer(port)])
                dependencies.health.set(Self.check, .ready)
                onListening(port)
            },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: quietLogger
        )
    }

    /// What Hummingbird has to say about single connections is of no interest.
    private var quietLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}
