import Synchronization

/// The process' places for calls. A pool's loop takes places before it takes jobs, so that no job waits in a worker.
final class CallSlots: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    let total: Int
    private let state: Mutex<State>

    init(_ total: Int) {
        self.total = total
        state = Mutex(State(free: total))
    }

    /// Waits for at least one free place and takes up to `most`.
    ///
    /// - Returns: 0 only when the calling task was cancelled.
    func take(atMost most: Int) async -> Int {
        while !Task.isCancelled {
            let taken = state.withLock { state in
                let taken = min(most, state.free)
                state.free -= taken
                return taken
            }
            if taken > 0 { return taken }
            await waitForRelease()
        }
        return 0
    }

    func release(_ count: Int) {
        guard count > 0 else { return }
        wake { $0.free += count }
    }

    var inUse: Int { state.withLock { total - $0.free } }

    private func waitForRelease() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard state.free == 0, !Task.isCancelled else { return false }
                    state.waiting.append(continuation)
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            wake { _ in }
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let woken = state.withLock { state in
            change(&state)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in woken { continuation.resume() }
    }
}
