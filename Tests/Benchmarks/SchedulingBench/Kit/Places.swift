import Synchronization

/// A worker's places for calls; one loop takes them.
final class Places: Sendable {
    private struct State {
        var free: Int
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state: Mutex<State>

    init(_ total: Int) {
        state = Mutex(State(free: total, waiting: nil))
    }

    /// Waits for at least one place and takes up to `most`.
    func take(atMost most: Int) async -> Int {
        while true {
            let taken = state.withLock { state in
                let taken = min(most, state.free)
                state.free -= taken
                return taken
            }
            if taken > 0 { return taken }
            await withCheckedContinuation { continuation in
                let isFree = state.withLock { state in
                    if state.free == 0 { state.waiting = continuation }
                    return state.free > 0
                }
                if isFree { continuation.resume() }
            }
        }
    }

    func release(_ count: Int) {
        guard count > 0 else { return }
        let woken = state.withLock { state in
            state.free += count
            defer { state.waiting = nil }
            return state.waiting
        }
        woken?.resume()
    }
}
