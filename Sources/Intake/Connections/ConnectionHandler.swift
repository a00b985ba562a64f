import NIOCore

/// Stands between a connection's bytes and HTTP: notices that the client has left, and closes upon one that reads
/// nothing of what it is sent.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private let presence: CallerPresence
    private let patience: TimeAmount
    private var looks: RepeatedTask?
    /// Bytes that were written.
    private var written = 0
    /// Of those, what the network had taken at the last look.
    private var sent = 0

    /// - Parameter patience: how long a client may read nothing.
    init(_ presence: CallerPresence, patience: TimeAmount) {
        self.presence = presence
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        looks = context.eventLoop.scheduleRepeatedTask(initialDelay: patience, delay: patience) { _ in
            bound.value.handler.look(bound.value.context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        presence.leave()
        looks?.cancel()
        looks = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        presence.leave()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { presence.leave() }
        context.fireUserInboundEventTriggered(event)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        written += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }

    private func look(_ context: ChannelHandlerContext) {
        // Without it the channel is closed.
        guard let waiting = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes) else { return }
        let before = sent
        sent = written - waiting
        if waiting > 0, sent == before { context.close(promise: nil) }
    }
}
