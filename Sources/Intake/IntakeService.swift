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
        try await server().run()
    }

    private static let check = "intake"

    private func server() -> any Service {
        let metrics = IntakeMetrics()
        let dispatcher = Dispatcher(
            router: IntakeRouter.make(configuration, dependencies, metrics: metrics, logger: logger),
            clock: dependencies.clock,
            metrics: metrics,
            outages: OutageLog(logger, "request refused for now", level: .warning),
            logger: logger
        )
        let channel = HTTP1Channel(responder: dispatcher.respond, configuration: channelConfiguration)
        return channel.server(
            configuration: ServerConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                backlog: configuration.backlog
            ),
            onServerRunning: { [dependencies, logger, onListening] channel in
                let port = channel.localAddress?.port ?? 0
                logger.notice("intake is listening", [.port: .integer(port)])
                dependencies.health.set(Self.check, .ready)
                onListening(port)
            },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: quietLogger
        )
    }

    private var channelConfiguration: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            additionalChannelHandlers: [SendBeforeClose()],
            idleTimeout: .milliseconds(configuration.idleTimeout.wholeMilliseconds),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 << 10,
                maxHeaderListSize: 32 << 10,
                maxHeaderFieldCount: 100
            )
        )
    }

    /// What Hummingbird has to say about single connections is of no interest.
    private var quietLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}
