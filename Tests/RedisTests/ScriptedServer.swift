import NIOCore
import NIOPosix

/// A server that answers each packet with the next of its lines, whatever was asked, and then falls silent.
final class ScriptedServer: Sendable {
    private let channel: any Channel
    private let closed: EventLog<Void>

    private init(channel: any Channel, closed: EventLog<Void>) {
        self.channel = channel
        self.closed = closed
    }

    static func start(answers: [String]) async throws -> ScriptedServer {
        let closed = EventLog<Void>()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answerer(answers, closed))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        return ScriptedServer(channel: channel, closed: closed)
    }

    var port: Int { channel.localAddress?.port ?? 0 }

    /// Returns when a client has closed its connection.
    func connectionClosed() async { _ = await closed.next() }

    func stop() async throws { try await channel.close().get() }
}

private final class Answerer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var answers: ArraySlice<String>
    private let closed: EventLog<Void>

    init(_ answers: [String], _ closed: EventLog<Void>) {
        self.answers = answers[...]
        self.closed = closed
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let answer = answers.popFirst() else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        closed.append(())
        context.fireChannelInactive()
    }
}
