import CCurl
import Glibc
import Synchronization

/// What other threads ask of the curl thread.
enum LoopCommand: Sendable {
    case start(id: UInt64, RequestPlan, any TransferSink)
    case cancel(id: UInt64)
    case resume(id: UInt64)
}

/// The only door to the curl thread: a queue and the eventfd that wakes it.
final class LoopInbox: Sendable {
    private struct State {
        var commands: [LoopCommand] = []
        var lastID: UInt64 = 0
        /// No more commands are taken; the loop ends.
        var isClosing = false
        var hasEnded = false
        var endWaiters: [CheckedContinuation<Void, Never>] = []
        /// A wake-up is on its way: further commands need no system call.
        var isSignalled = false

        /// True if the caller has to wake the loop.
        mutating func signal() -> Bool {
            defer { isSignalled = true }
            return !isSignalled
        }
    }

    /// What one turn of the loop has to do.
    struct Batch {
        let commands: [LoopCommand]
        let isClosing: Bool
    }

    /// Readable when there is something to drain. Owned; closed in `deinit`.
    let descriptor: Int32
    private let state = Mutex(State())

    /// - Throws: `other` if the process is out of descriptors.
    init() throws(FetchError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw FetchError(.other, "eventfd failed, errno \(errno)") }
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// Queues an exchange and returns the token to steer it by.
    ///
    /// - Throws: `closed` after a shutdown.
    func start(_ plan: RequestPlan, sink: any TransferSink) throws(FetchError) -> UInt64 {
        let (id, wake) = state.withLock { state in
            guard !state.isClosing else { return (UInt64?.none, false) }
            state.lastID += 1
            state.commands.append(.start(id: state.lastID, plan, sink))
            return (state.lastID, state.signal())
        }
        guard let id else { throw FetchError(.closed, "the client was shut down") }
        if wake { self.wake() }
        return id
    }

    /// Queues a command about a running exchange; without effect once that has ended.
    func post(_ command: LoopCommand) {
        let wake = state.withLock { state in
            guard !state.isClosing else { return false }
            state.commands.append(command)
            return state.signal()
        }
        if wake { self.wake() }
    }

    /// Asks the loop to end. May be called more than once.
    func close() {
        let wake = state.withLock { state in
            state.isClosing = true
            return state.signal()
        }
        if wake { self.wake() }
    }

    /// Waits until the loop has ended.
    func ended() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.endWaiters.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    /// Takes all queued commands. Curl thread only.
    func drain() -> Batch {
        var count: UInt64 = 0
        read(descriptor, &count, MemoryLayout<UInt64>.size)
        return state.withLock { state in
            defer {
                state.commands = []
                state.isSignalled = false
            }
            return Batch(commands: state.commands, isClosing: state.isClosing)
        }
    }

    /// The loop has released everything. Curl thread only, after a `drain` that said so.
    func end() {
        let waiters = state.withLock { state in
            state.hasEnded = true
            defer { state.endWaiters = [] }
            return state.endWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func wake() {
        var one: UInt64 = 1
        // Cannot fail: the counter is drained long before it could overflow.
        write(descriptor, &one, MemoryLayout<UInt64>.size)
    }
}
