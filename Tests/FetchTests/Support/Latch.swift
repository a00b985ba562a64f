import Dispatch
import Synchronization

/// An event that happens once, carrying a value: any number of waiters, on threads' or tasks' side.
final class Latch<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiters: [CheckedContinuation<Value, Never>] = []
    }

    private let state = Mutex(State())

    /// The event; later ones are ignored.
    func open(_ value: Value) {
        let waiters = state.withLock { state in
            guard state.value == nil else { return [CheckedContinuation<Value, Never>]() }
            state.value = value
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: value) }
    }

    var value: Value? { state.withLock { $0.value } }

    func wait() async -> Value {
        await withCheckedContinuation { continuation in
            let value = state.withLock { state in
                if state.value == nil { state.waiters.append(continuation) }
                return state.value
            }
            if let value { continuation.resume(returning: value) }
        }
    }
}

/// Holds threads back until so many have arrived.
final class Gate: Sendable {
    private let arrivals = DispatchGroup()

    init(_ count: Int) {
        for _ in 0..<count { arrivals.enter() }
    }

    /// Blocks the calling thread. To be passed by exactly so many threads.
    func pass() {
        arrivals.leave()
        arrivals.wait()
    }
}
