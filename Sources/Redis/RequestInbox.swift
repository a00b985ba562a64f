import NIOCore
import Synchronization

/// Where tasks hand requests to an event loop: one lock per request, one wake-up per batch.
final class RequestInbox: Sendable {
    /// What came in since the loop last looked.
    struct Batch: Sendable {
        var requests: [Request<RequestPromise>] = []
        /// Ids of requests whose callers have gone; each follows its request, in this batch or an earlier one.
        var cancelled: [UInt64] = []
    }

    private struct State {
        var batch = Batch()
        var isWakeUpDue = false

        /// Whether the caller has to wake the loop: the first one since the loop last looked.
        mutating func claimWakeUp() -> Bool {
            defer { isWakeUpDue = true }
            return !isWakeUpDue
        }
    }

    private let state = Mutex(State())
    private let nextID = Atomic<UInt64>(1)
    private let eventLoop: any EventLoop
    private let deliver: @Sendable (Batch) -> Void

    /// - Parameter deliver: Called on `eventLoop`.
    init(eventLoop: any EventLoop, deliver: @escaping @Sendable (Batch) -> Void) {
        self.eventLoop = eventLoop
        self.deliver = deliver
    }

    /// Runs commands on the loop's connection and waits for all replies. Returns early when the task is cancelled.
    func perform(_ commands: [RedisCommand], deadline: NIODeadline) async -> Result<[RedisValue], RedisError> {
        let id = nextID.wrappingAdd(1, ordering: .relaxed).oldValue
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                submit(
                    Request(
                        id: id,
                        frames: commands.joinedFrames,
                        replyCount: commands.count,
                        deadline: deadline,
                        promise: .task(continuation)
                    )
                )
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func submit(_ request: Request<RequestPromise>) {
        // Asked under the lock: a cancellation is either seen here, or its id is queued behind the request.
        let (isCancelled, mustWake) = state.withLock { state in
            if Task.isCancelled { return (true, false) }
            state.batch.requests.append(request)
            return (false, state.claimWakeUp())
        }
        if isCancelled { request.promise?.fail(.cancelled) }
        if mustWake { wake() }
    }

    private func cancel(_ id: UInt64) {
        let mustWake = state.withLock { state in
            state.batch.cancelled.append(id)
            return state.claimWakeUp()
        }
        if mustWake { wake() }
    }

    private func wake() {
        eventLoop.execute { [self] in
            let batch = state.withLock { state in
                defer { state = State() }
                return state.batch
            }
            deliver(batch)
        }
    }
}

extension [RedisCommand] {
    /// All frames as one buffer; a single command is not copied.
    var joinedFrames: ByteBuffer {
        if count == 1 { return self[0].frame }
        var frames = ByteBuffer()
        frames.reserveCapacity(reduce(0) { $0 + $1.frame.readableBytes })
        for command in self { frames.writeImmutableBuffer(command.frame) }
        return frames
    }
}
