import NIOCore
import Synchronization

/// A connection that can be passed between threads; all it does happens on its event loop.
struct RedisLink: Sendable {
    let channel: any Channel
    let handler: NIOLoopBound<RedisChannelHandler>

    /// Must be called on the channel's event loop.
    init(channel: any Channel, handler: RedisChannelHandler) {
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    /// Closes the connection from anywhere.
    func close(_ reason: RedisError) {
        channel.eventLoop.execute { [handler] in handler.value.close(reason) }
    }
}

/// All open connections of a client, so that none outlives it.
final class OpenLinks: Sendable {
    private struct State {
        var links: [ObjectIdentifier: RedisLink] = [:]
        var isShutDown = false
    }

    private let state = Mutex(State())

    var isShutDown: Bool { state.withLock { $0.isShutDown } }

    /// Keeps `link` until it is closed.
    ///
    /// - Throws: `.closed` after `closeAll`.
    func add(_ link: RedisLink) throws(RedisError) {
        let id = ObjectIdentifier(link.channel)
        let isShutDown = state.withLock { state in
            if !state.isShutDown { state.links[id] = link }
            return state.isShutDown
        }
        if isShutDown { throw .shutDown }
        link.channel.closeFuture.whenComplete { [self] _ in
            state.withLock { _ = $0.links.removeValue(forKey: id) }
        }
    }

    /// Closes all connections, refuses new ones, and waits until the sockets are gone.
    func closeAll() async {
        let links = state.withLock { state in
            state.isShutDown = true
            return Array(state.links.values)
        }
        for link in links { link.close(.shutDown) }
        for link in links {
            await withCheckedContinuation { continuation in
                link.channel.closeFuture.whenComplete { _ in continuation.resume() }
            }
        }
    }
}
