import Penstock
import Synchronization

/// Knows who is inside, lets nobody in once it is closing, and tells when all have left.
final class Gate: Sendable {
    private struct State {
        var isOpen = true
        var inside = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Runs `operation` inside.
    ///
    /// - Throws: `LedgerUnavailable` once the gate is closing.
    func pass<Value>(_ operation: () async throws -> Value) async throws -> Value {
        try enter()
        defer { leave() }
        return try await operation()
    }

    /// Lets nobody in any more and waits until all have left.
    func close() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                state.isOpen = false
                if state.inside > 0 { state.waiting.append(continuation) }
                return state.inside == 0
            }
            if isEmpty { continuation.resume() }
        }
    }

    private func enter() throws {
        try state.withLock { state in
            guard state.isOpen else { throw LedgerUnavailable("the ledger is closed") }
            state.inside += 1
        }
    }

    private func leave() {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.inside -= 1
            guard state.inside == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
