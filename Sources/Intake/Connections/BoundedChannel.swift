import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Hummingbird's HTTP/1 channel behind our own bounds: how many connections there are, whether their clients are still
/// there, TLS, and what of HTTP it leaves out.
struct BoundedChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        let http: HTTP1Channel.Value
        let connection: Connection

        var channel: any Channel { connection.channel }
    }

    typealias Responder = @concurrent @Sendable (Request, consuming ResponseWriter, Connection) async throws -> Void

    let configuration: HTTP1Channel.Configuration
    let connections: Connections
    /// Nil for plain HTTP.
    let tls: ServerTLS?
    /// How long a client may read nothing of what it is sent.
    let patience: TimeAmount
    let responder: Responder

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let connection = Connection(channel)
        let entry = connections.enter(connection)
        do {
            let pipeline = channel.pipeline.syncOperations
            switch entry {
            case .admitted:
                try pipeline.addHandler(ConnectionHandler(connection.presence, patience: patience))
                if let tls { try pipeline.addHandler(tls.makeHandler()) }
            // A handshake costs more than there is for one that is refused.
            case .refused where tls == nil: try pipeline.addHandler(RefusingHandler(answers: true))
            case .refused, .turnedAway: try pipeline.addHandler(RefusingHandler(answers: false))
            }
        } catch {
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(error)
        }
        return http(connection).setup(channel: channel, logger: logger).flatMapThrowing { value in
            try WireRules.add(to: channel)
            return Value(http: value, connection: connection)
        }.flatMapErrorThrowing { error in
            channel.close(promise: nil)
            throw error
        }
    }

    func handle(value: Value, logger: Logger) async {
        await http(value.connection).handle(value: value.http, logger: logger)
    }

    private func http(_ connection: Connection) -> HTTP1Channel {
        HTTP1Channel(
            responder: { [responder] request, writer, _ in try await responder(request, writer, connection) },
            configuration: configuration
        )
    }
}
