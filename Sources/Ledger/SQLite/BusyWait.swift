import Glibc
import Synchronization

/// Waits for another process' commit. SQLite's own waiting backs off to 100 ms, which lets processes that commit
/// often starve the others; this one looks again every few milliseconds, at random.
final class BusyWait: Sendable {
    private let limit: Duration
    private let start = Mutex(ContinuousClock.now)

    init(limit: Duration) {
        self.limit = limit
    }

    /// Called by SQLite on the writer's thread; false gives up.
    func callback(tries: Int) -> Bool {
        let waited = start.withLock { start in
            if tries == 0 { start = .now }
            return ContinuousClock.now - start
        }
        guard waited < limit else { return false }
        usleep(.random(in: 500...4000))
        return true
    }
}
