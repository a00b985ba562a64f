import NIOCore

/// Lets a connection close only once everything that was written has been sent.
///
/// Without it the end of an answer that a slow client still reads would be lost: when the client has finished sending,
/// and when the server shuts down, the connection is closed as soon as the answer is written, not sent.
final class SendBeforeClose: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = Any
    typealias OutboundOut = Any

    /// Writes are sent in their order.
    private var lastWrite: EventLoopFuture<Void>?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let promise = promise ?? context.eventLoop.makePromise()
        lastWrite = promise.futureResult
        context.write(data, promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode != .input, let lastWrite else { return context.close(mode: mode, promise: promise) }
        context.flush()
        lastWrite.assumeIsolated().whenComplete { _ in context.close(mode: mode, promise: promise) }
    }
}
