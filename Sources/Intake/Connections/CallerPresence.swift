import Synchronization

/// Whether whoever asked is still there. Told by the connection, watched by what takes its time.
///
/// A caller that has finished sending counts as gone: a short request is still answered, but nothing waits for it.
final class CallerPresence: Sendable {
    private struct State {
        var hasLeft = false
        var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    var hasLeft: Bool { state.withLock { $0.hasLeft } }

    /// Ends every watch, now and from now on.
    func leave() {
        let watchers = state.withLock { state in
            state.hasLeft = true
            defer { state.watchers = [:] }
            return state.watchers
        }
        for watcher in watchers.values { watcher.finish() }
    }

    /// Returns when the caller has left, or when the task is cancelled.
    func untilLeft() async {
        for await _ in watch() {}
    }

    /// Ends when the caller has left.
    private func watch() -> AsyncStream<Void> {
        AsyncStream { continuation in
            let number = state.withLock { state -> Int? in
                guard !state.hasLeft else { return nil }
                state.next += 1
                state.watchers[state.next] = continuation
                return state.next
            }
            guard let number else { return continuation.finish() }
            continuation.onTermination = { [self] _ in state.withLock { $0.watchers[number] = nil } }
        }
    }
}
