import Penstock
import Synchronization

/// Which destinations have a lane, and which asked to be left alone.
final class LaneBoard: Sendable {
    private struct State {
        /// Destinations with a lane; true when there may be more for it than it knows of.
        var lanes: [String: Bool] = [:]
        var held: [String: Timestamp] = [:]
        var isClosed = false

        func isOpen(_ destination: String, at now: Timestamp) -> Bool {
            !isClosed && held[destination].map { now >= $0 } ?? true
        }
    }

    private let state = Mutex(State())

    /// Tells that something is due to a destination.
    ///
    /// - Returns: whether a lane has to be started; its end is told by `end`.
    func mustStart(_ destination: String, at now: Timestamp) -> Bool {
        state.withLock { state in
            guard state.isOpen(destination, at: now) else { return false }
            return state.lanes.updateValue(true, forKey: destination) == nil
        }
    }

    /// Whether a lane should look for deliveries: something may be due, and the destination takes webhooks.
    func takesMore(_ destination: String, at now: Timestamp) -> Bool {
        state.withLock { $0.isOpen(destination, at: now) && $0.lanes[destination] ?? false }
    }

    /// Whether anything may be sent to a destination now.
    func isOpen(_ destination: String, at now: Timestamp) -> Bool {
        state.withLock { $0.isOpen(destination, at: now) }
    }

    /// Notes that a lane is about to look: what is told from now on may be more than it finds.
    func looks(for destination: String) {
        state.withLock { $0.lanes[destination] = false }
    }

    /// Notes that a lane found as much as it could take, so that there may be more.
    func foundPlenty(for destination: String) {
        state.withLock { $0.lanes[destination] = true }
    }

    /// - Returns: false when the lane must go on, because more was told in the meantime.
    func end(_ destination: String, at now: Timestamp) -> Bool {
        state.withLock { state in
            let mayEnd = !state.isOpen(destination, at: now) || state.lanes[destination] != true
            if mayEnd { state.lanes[destination] = nil }
            return mayEnd
        }
    }

    /// Nothing is sent to a destination until `moment`.
    func hold(_ destination: String, until moment: Timestamp, at now: Timestamp) {
        state.withLock { state in
            state.held = state.held.filter { $0.value > now }
            state.held[destination] = max(moment, state.held[destination] ?? moment)
        }
    }

    /// No lane starts any more, and those that run take nothing new.
    func close() { state.withLock { $0.isClosed = true } }

    var isIdle: Bool { state.withLock { $0.lanes.isEmpty } }
}
