package import HummingbirdCore
package import Logging
package import NIOCore
import Penstock

/// What all connections to one port share: bounds, numbers and TLS.
package struct Listener: Sendable {
    /// As many as there may be at once.
    let maxConnections: Int
    private let connections: Connections
    private let metrics: ConnectionMetrics
    private let tls: ServerTLS?
    private let idleTimeout: TimeAmount
    private let logger: Logger

    /// - Parameters:
    ///   - name: on its metrics.
    ///   - maxConnections: nil follows from how many descriptors the process may have.
    ///   - maxPerAddress: of one client address; nil for no limit of its own.
    ///   - idleTimeout: how long a client may say nothing, and read nothing of what it is sent.
    ///   - tls: nil for plain HTTP.
    /// - Throws: when the files of `tls` cannot be used.
    package init(
        _ name: String,
        maxConnections: Int?,
        maxPerAddress: Int? = nil,
        idleTimeout: Duration,
        tls: ServerTLSFiles?,
        logger: Logger
    ) throws {
        self.maxConnections = maxConnections ?? DescriptorLimit.connections
        let bounds = ConnectionBounds(total: self.maxConnections, perAddress: maxPerAddress)
        metrics = ConnectionMetrics(server: name)
        connections = Connections(bounds, metrics: metrics, logger: logger)
        self.tls = try tls.map { try ServerTLS($0, logger: logger) }
        self.idleTimeout = .milliseconds(idleTimeout.wholeMilliseconds)
        self.logger = logger
    }

    /// Runs a server on this port, and takes new certificates meanwhile.
    package func run(_ server: @escaping @Sendable () async throws -> Void) async throws {
        try await ServerTLS.watching(tls, server)
    }

    /// Call it with the channel that accepts connections.
    package func opened(_ channel: any Channel) async {
        await AcceptPause.add(to: channel, metrics: metrics, logger: logger)
    }

    /// For Hummingbird's own applications.
    package var builder: HTTPServerBuilder {
        HTTPServerBuilder { responder in
            channel { request, writer, connection in
                connection.beginRequest()
                defer { connection.endRequest() }
                try await responder(request, writer, connection.channel)
            }
        }
    }

    func channel(_ responder: @escaping BoundedChannel.Responder) -> BoundedChannel {
        BoundedChannel(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [SendBeforeClose()],
                idleTimeout: idleTimeout,
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 16 << 10,
                    maxHeaderListSize: 32 << 10,
                    maxHeaderFieldCount: 100
                )
            ),
            connections: connections,
            tls: tls,
            patience: idleTimeout,
            responder: responder
        )
    }
}
