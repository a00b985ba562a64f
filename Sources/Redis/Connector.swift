import NIOCore
import NIOPosix
import NIOSSL

/// Opens connections: TCP, TLS, credentials, database, name.
struct Connector: Sendable {
    let configuration: RedisConfiguration
    let openLinks = OpenLinks()
    private let tlsContext: NIOSSLContext?

    /// - Throws: `.invalidConfiguration` when TLS files cannot be used.
    init(_ configuration: RedisConfiguration) throws(RedisError) {
        self.configuration = configuration
        self.tlsContext = try configuration.tls?.makeContext()
    }

    /// One attempt, of at most `connectTimeout`. The future fails with `RedisError` only.
    func connect(on eventLoop: any EventLoop) -> EventLoopFuture<RedisLink> {
        let deadline = NIODeadline.after(configuration.connectTimeout)
        return ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try addHandlers(to: channel) }
            }
            .connect(host: configuration.host, port: configuration.port)
            .flatMap { channel in greet(channel, deadline: deadline) }
            .flatMapErrorThrowing { error in throw connectError(error) }
    }

    /// The same for a task; a cancelled task does not wait for the attempt.
    func connect(on eventLoop: any EventLoop) async throws(RedisError) -> RedisLink {
        let promise = eventLoop.makePromise(of: RedisLink.self)
        connect(on: eventLoop).whenComplete { result in
            promise.completeWith(result)
            // A promise that was failed by the cancellation stays failed: nobody will take this link.
            guard case .success(let link) = result else { return }
            promise.futureResult.whenFailure { _ in link.close(.cancelled) }
        }
        do {
            return try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                promise.fail(RedisError.cancelled)
            }
        } catch {
            throw connectError(error)
        }
    }

    private func addHandlers(to channel: any Channel) throws {
        let handler = try RedisChannelHandler(
            eventLoop: channel.eventLoop,
            keepAliveInterval: configuration.keepAliveInterval
        )
        if let tlsContext {
            try channel.pipeline.syncOperations.addHandler(makeTLSHandler(tlsContext))
        }
        try channel.pipeline.syncOperations.addHandler(handler)
        try openLinks.add(RedisLink(channel: channel, handler: handler))
    }

    private func makeTLSHandler(_ context: NIOSSLContext) throws -> NIOSSLClientHandler {
        // Server Name Indication carries names only; without one, the certificate must hold the address.
        let isAddress = (try? SocketAddress(ipAddress: configuration.host, port: configuration.port)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : configuration.host)
    }

    private func greet(_ channel: any Channel, deadline: NIODeadline) -> EventLoopFuture<RedisLink> {
        let handshake = Handshake(configuration)
        let replies = channel.eventLoop.makePromise(of: [RedisValue].self)
        return channel.eventLoop.makeCompletedFuture {
            let handler = try channel.pipeline.syncOperations.handler(type: RedisChannelHandler.self)
            let link = RedisLink(channel: channel, handler: handler)
            let commands = handshake.commands
            handler.send([
                Request(
                    id: 0,
                    frames: commands.joinedFrames,
                    replyCount: commands.count,
                    deadline: deadline,
                    promise: .future(replies)
                )
            ])
            return link
        }.flatMap { link in
            replies.futureResult.flatMapThrowing { replies in
                guard let failure = handshake.failure(in: replies) else { return link }
                link.close(failure)
                throw failure
            }
        }
    }

    private func connectError(_ error: any Error) -> RedisError {
        if openLinks.isShutDown { return .shutDown }
        guard let error = error as? RedisError else { return RedisError(.connectFailed, "\(error)") }
        switch error.code {
        case .authenticationFailed, .connectFailed, .closed, .cancelled: return error
        default: return RedisError(.connectFailed, error.message, serverError: error.serverError)
        }
    }
}
