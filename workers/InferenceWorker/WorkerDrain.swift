import Synchronization

/// How a worker ends: it takes nothing more, hands back what has not begun, and lets calls that run go on for a while.
///
/// Told to end, it gives them the time of the settings. Told to retire, it lets them finish however long they take:
/// nobody waits for it.
package final class WorkerDrain: Sendable {
    private struct State {
        var began: ContinuousClock.Instant?
        /// Set by `retire`, and no more by `end`.
        var isUnhurried = false
        /// When it was told to end after it had been told to retire.
        var hurried: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let over = Atomic<Bool>(false)

    package init() {}

    /// Says that the worker is to end without hurry; to be called before its graceful shutdown begins.
    package func retire() {
        state.withLock { state in
            if state.began == nil { state.isUnhurried = true }
        }
    }

    /// Says that the worker is to end within the time of the settings, also when it retires already.
    package func end() {
        state.withLock { state in
            if state.isUnhurried { state.hurried = state.hurried ?? .now }
        }
    }

    /// Whether it takes nothing more.
    var hasBegun: Bool { state.withLock { $0.began != nil } }

    /// Whether everything has to stop, bookkeeping too.
    var isOver: Bool { over.load(ordering: .acquiring) }

    func begin() {
        state.withLock { $0.began = $0.began ?? .now }
    }

    /// When calls that still run are aborted.
    ///
    /// - Parameters:
    ///   - drain: the time of the settings.
    ///   - longestCall: no call takes longer.
    func deadline(drain: Duration, longestCall: Duration) -> ContinuousClock.Instant {
        state.withLock { state in
            let began = state.began ?? .now
            if let hurried = state.hurried { return hurried + drain }
            return began + (state.isUnhurried ? max(drain, longestCall) : drain)
        }
    }

    func finish() { over.store(true, ordering: .releasing) }
}
