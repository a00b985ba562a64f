import Synchronization
import Threads

/// The threads on which all of libmongoc's blocking calls run, each with one client for life.
final class MongoThreads: Sendable {
    /// Runs on one of the threads.
    typealias Operation = @Sendable (MongoSession) -> Void

    private struct State {
        var waiting: [Operation] = []
        var isClosing = false
        var running = 0
        var endWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let pool: MongoPool
    private let state = Mutex(State())
    private let signal = Semaphore()

    init(_ pool: MongoPool, count: Int) throws(MongoError) {
        self.pool = pool
        for _ in 0..<count { try start() }
    }

    /// Queues an operation. Never waits.
    ///
    /// - Returns: false once the threads are closing; the operation then does not run.
    func submit(_ operation: @escaping Operation) -> Bool {
        let isTaken = state.withLock { state in
            if !state.isClosing { state.waiting.append(operation) }
            return !state.isClosing
        }
        if isTaken { signal.post() }
        return isTaken
    }

    /// Takes nothing more, finishes what is queued, and returns when all threads have given their clients back.
    func close() async {
        end()
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.running > 0 { state.endWaiters.append(continuation) }
                return state.running == 0
            }
            if isOver { continuation.resume() }
        }
    }

    /// Takes nothing more and lets the threads end by themselves.
    func end() {
        let running = state.withLock { state in
            state.isClosing = true
            return state.running
        }
        for _ in 0..<running { signal.post() }
    }

    private func start() throws(MongoError) {
        do {
            try OwnThread.start(named: "mongo") { self.run() }
        } catch {
            throw MongoError(.server, "no thread for MongoDB: \(error)")
        }
        state.withLock { $0.running += 1 }
    }

    private func run() {
        pool.withClient { session in
            while let operation = next() { operation(session) }
        }
        let waiters = state.withLock { state in
            state.running -= 1
            defer { if state.running == 0 { state.endWaiters = [] } }
            return state.running == 0 ? state.endWaiters : []
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits for an operation; nil when there are none left and never will be.
    private func next() -> Operation? {
        signal.wait()
        return state.withLock { state in state.waiting.isEmpty ? nil : state.waiting.removeFirst() }
    }
}
