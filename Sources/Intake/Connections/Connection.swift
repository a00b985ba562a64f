import NIOCore
import Synchronization

/// One client's connection, as the server's bounds see it.
final class Connection: Sendable {
    private struct State {
        /// Requests that were begun and whose answers are not sent to their end.
        var requests = 0
        var idleSince = ContinuousClock.now
        var isClosing = false
    }

    let channel: any Channel
    /// The client's address without its port; empty for one without.
    let address: String
    let presence = CallerPresence()
    private let state = Mutex(State())

    init(_ channel: any Channel) {
        self.channel = channel
        address = channel.remoteAddress?.ipAddress ?? ""
    }

    /// Since when nothing is asked; nil while something is, and when it is being closed.
    var idleSince: ContinuousClock.Instant? {
        state.withLock { $0.requests == 0 && !$0.isClosing ? $0.idleSince : nil }
    }

    func beginRequest() { state.withLock { $0.requests += 1 } }

    /// Call it when the answer was written; the connection is idle once it has been sent.
    func endRequest() {
        SendBeforeClose.whenSent(on: channel) { [self] in
            state.withLock { state in
                state.requests -= 1
                state.idleSince = .now
            }
        }
    }

    /// Makes room for another one.
    func close() {
        state.withLock { $0.isClosing = true }
        channel.close(promise: nil)
    }
}
