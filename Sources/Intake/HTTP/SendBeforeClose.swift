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

    /// Returns when everything that was written so far has been handed to the network.
    ///
    /// - Throws: when it could not be: the client is gone.
    static func sent(on channel: any Channel) async throws {
        try await channel.eventLoop.flatSubmit {
            do {
                let handler = try channel.pipeline.syncOperations.handler(type: SendBeforeClose.self)
                return handler.lastWrite ?? channel.eventLoop.makeSucceededVoidFuture()
            } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
        }.get()
    }

    /// Calls `body` when everything that was written so far has been sent or never will be.
    static func whenSent(on channel: any Channel, _ body: @escaping @Sendable () -> Void) {
        channel.eventLoop.execute {
            let handler = try? channel.pipeline.syncOperations.handler(type: SendBeforeClose.self)
            // Without a handler the connection is closed.
            guard let lastWrite = handler?.lastWrite else { return body() }
            lastWrite.whenComplete { _ in body() }
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode != .input, let lastWrite else { return context.close(mode: mode, promise: promise) }
        context.flush()
        lastWrite.assumeIsolated().whenComplete { _ in context.close(mode: mode, promise: promise) }
    }
}
