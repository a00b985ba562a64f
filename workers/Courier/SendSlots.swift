import Synchronization

/// The process' places for attempts. Whoever waits is served in turn, so that receivers that keep their places for long
/// hold up the others no longer than it takes one of them to answer.
final class SendSlots: Sendable {
    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var free: Int
        var waiting: [Waiter] = []
        var lastID = 0
    }

    private let state: Mutex<State>

    init(_ total: Int) {
        state = Mutex(State(free: total))
    }

    /// Waits for one place, and takes up to `most` when they are free and nobody waits.
    ///
    /// - Returns: 0 only when the calling task was cancelled.
    func take(atMost most: Int) async -> Int {
        let taken = state.withLock { state in
            guard state.waiting.isEmpty else { return 0 }
            let taken = min(most, state.free)
            state.free -= taken
            return taken
        }
        if taken > 0 { return taken }
        return await waitForOne() ? 1 : 0
    }

    func release(_ count: Int) {
        let served = state.withLock { state in
            let served = state.waiting.prefix(count)
            state.waiting.removeFirst(served.count)
            state.free += count - served.count
            return Array(served)
        }
        for waiter in served { waiter.continuation.resume(returning: true) }
    }

    private func waitForOne() async -> Bool {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if state.free > 0, state.waiting.isEmpty {
                        state.free -= 1
                        return true
                    }
                    state.waiting.append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
    }
}
