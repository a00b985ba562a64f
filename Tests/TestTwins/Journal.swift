import Synchronization

/// What happened in which order, over all twins that share the journal.
package final class Journal: Sendable {
    private struct Waiter {
        let id: Int
        let text: String
        let count: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var entries: [String] = []
        var waiters: [Waiter] = []
        var nextWaiter = 0

        func count(_ text: String) -> Int { entries.filter { $0.hasPrefix(text) }.count }

        mutating func takeSatisfied() -> [Waiter] {
            let satisfied = waiters.filter { count($0.text) >= $0.count }
            waiters = waiters.filter { count($0.text) < $0.count }
            return satisfied
        }
    }

    private let state = Mutex(State())

    package init() {}

    package var entries: [String] { state.withLock { $0.entries } }

    /// How many entries begin with `text`.
    package func count(_ text: String) -> Int { state.withLock { $0.count(text) } }

    package func note(_ entry: String) {
        let woken = state.withLock { state in
            state.entries.append(entry)
            return state.takeSatisfied()
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Waits until `count` entries begin with `text`, or the task is cancelled: the test's time limit bounds it.
    package func wait(for text: String, count: Int = 1) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let woken = state.withLock { state in
                    state.waiters.append(Waiter(id: id, text: text, count: count, continuation: continuation))
                    return state.takeSatisfied()
                }
                for waiter in woken { waiter.continuation.resume() }
                // Either the handler sees the waiter, or the waiter sees the cancellation.
                if Task.isCancelled { giveUp(id) }
            }
        } onCancel: {
            giveUp(id)
        }
    }

    private func giveUp(_ id: Int) {
        let waiter = state.withLock { state in
            let place = state.waiters.firstIndex { $0.id == id }
            return place.map { state.waiters.remove(at: $0) }
        }
        waiter?.continuation.resume()
    }
}
