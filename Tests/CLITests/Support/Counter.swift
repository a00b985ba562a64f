import Synchronization

/// Counts calls of a script.
final class Counter: Sendable {
    private let value = Mutex(0)

    /// 0, then 1, and so on.
    func next() -> Int {
        value.withLock { value in
            defer { value += 1 }
            return value
        }
    }
}
