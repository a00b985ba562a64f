import Hummingbird
package import Logging
import NIOCore
import Penstock
import ServiceLifecycle

/// A provider that speaks OpenAI's and Anthropic's dialects and answers deterministically: for trying Penstock out, and
/// for tests.
///
/// It serves `/v1/chat/completions`, `/v1/completions`, `/v1/embeddings`, `/v1/responses`, Anthropic's `/v1/messages`
/// (none of them streaming) and `/v1/models`, tells what it was asked under `/simulator/statistics` and
/// `/simulator/calls?after=SEQUENCE`, and can be changed while it runs through `/simulator/controls`: ops/simulator.md.
/// What a request may ask for itself is documented at `Instructions`.
package struct SimulatorService: Service {
    private let configuration: SimulatorConfiguration
    private let logger: Logger
    private let onListening: @Sendable (_ port: Int) -> Void

    /// - Parameter onListening: called once with the port, as soon as calls are accepted.
    package init(
        configuration: SimulatorConfiguration,
        logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until graceful shutdown or cancellation.
    ///
    /// - Throws: when the address cannot be listened on.
    package func run() async throws {
        let controller = SimulatorController(configuration, clock: .system)
        let application = Application(
            router: controller.router(),
            server: .http1(configuration: .init(idleTimeout: .minutes(5))),
            configuration: ApplicationConfiguration(
                // A burst of workers connects at once.
                address: .hostname(configuration.host, port: configuration.port),
                backlog: 4096
            ),
            onServerRunning: { [configuration, onListening] channel in
                onListening(channel.localAddress?.port ?? configuration.port)
            },
            logger: logger
        )
        try await application.run()
    }
}
