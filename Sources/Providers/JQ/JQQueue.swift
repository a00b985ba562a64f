import Synchronization
import Threads

/// Runs that wait for a thread.
final class JQQueue: Sendable {
    /// One run: which program, on what, and who waits for it.
    struct Work: Sendable {
        let program: AdapterSource
        let input: [UInt8]
        let answer: @Sendable (Result<[UInt8], JQFailure>) -> Void
    }

    private struct State {
        var waiting: ArraySlice<Work> = []
        var running = 0
        var watchSleeps = false
        var isStopped = false
    }

    private let state = Mutex(State())
    private let arrivals = Semaphore()
    private let watchBell = Semaphore()

    func submit(_ work: Work) {
        let wakesWatch = state.withLock { state in
            state.waiting.append(work)
            defer { state.watchSleeps = false }
            return state.watchSleeps
        }
        arrivals.post()
        if wakesWatch { watchBell.post() }
    }

    /// Blocks until there is work; nil when the queue has been stopped.
    func next() -> Work? {
        arrivals.wait()
        return state.withLock { state in
            guard let work = state.waiting.popFirst() else { return nil }
            state.running += 1
            return work
        }
    }

    func finished() {
        state.withLock { $0.running -= 1 }
    }

    /// Blocks while nothing runs; false when the queue has been stopped.
    func isWatchNeeded() -> Bool {
        let isIdle = state.withLock { state in
            state.watchSleeps = state.waiting.isEmpty && state.running == 0 && !state.isStopped
            return state.watchSleeps
        }
        if isIdle { watchBell.wait() }
        return state.withLock { !$0.isStopped }
    }

    /// Ends the threads, of which there are so many. Nothing waits any more.
    func stop(threads: Int) {
        state.withLock { $0.isStopped = true }
        for _ in 0..<threads { arrivals.post() }
        watchBell.post()
    }
}
