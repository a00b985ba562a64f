import Synchronization

/// Between the curl thread and the one reader of a `FetchStream`.
final class StreamChannel: TransferSink {
    typealias HeadResult = Result<ResponseHead, FetchError>
    typealias ChunkResult = Result<[UInt8]?, FetchError>
    private typealias ChunkWaiter = CheckedContinuation<ChunkResult, Never>

    private struct State {
        var head: ResponseHead?
        var buffer: StreamBuffer
        var end: Result<FetchTiming, FetchError>?
        var headWaiter: CheckedContinuation<HeadResult, Never>?
        var chunkWaiter: ChunkWaiter?
    }

    /// What a reader gets at once.
    private struct Ready {
        var result: ChunkResult
        var resume = false
    }

    private let state: Mutex<State>

    init(limit: Int) {
        state = Mutex(State(buffer: StreamBuffer(limit: limit)))
    }

    /// The timing, once the stream has ended well.
    var timing: FetchTiming? {
        state.withLock { try? $0.end?.get() }
    }

    /// Waits for the final response head. Called once.
    func head() async -> HeadResult {
        await withCheckedContinuation { continuation in
            let known: HeadResult? = state.withLock { state in
                if let head = state.head { return .success(head) }
                if let end = state.end { return Self.headless(end) }
                state.headWaiter = continuation
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    /// Waits for the next bytes; nil at the end. `resume` is called if the transfer was paused for lack of room.
    func next(resume: () -> Void) async -> ChunkResult {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state in
                let ready = Self.ready(&state)
                if ready == nil { state.chunkWaiter = continuation }
                return ready
            }
            guard let ready else { return }
            if ready.resume { resume() }
            continuation.resume(returning: ready.result)
        }
    }

    func receive(head: ResponseHead) {
        let waiter = state.withLock { state in
            state.head = head
            return state.headWaiter.take()
        }
        waiter?.resume(returning: .success(head))
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (accepted, waiter) = state.withLock { state in
            guard let waiter = state.chunkWaiter.take() else { return (state.buffer.offer(bytes), ChunkWaiter?.none) }
            return (true, waiter)
        }
        waiter?.resume(returning: .success(Array(bytes)))
        return accepted
    }

    func finish(_ result: Result<FetchTiming, FetchError>) {
        let (headWaiter, chunkWaiter) = state.withLock { state in
            state.end = result
            return (state.headWaiter.take(), state.chunkWaiter.take())
        }
        headWaiter?.resume(returning: Self.headless(result))
        chunkWaiter?.resume(returning: result.map { _ in nil })
    }

    private static func ready(_ state: inout State) -> Ready? {
        if state.chunkWaiter != nil { return Ready(result: .failure(FetchError(.other, "a stream has one reader"))) }
        if let taken = state.buffer.take() { return Ready(result: .success(taken.bytes), resume: taken.resume) }
        return state.end.map { end in Ready(result: end.map { _ in nil }) }
    }

    private static func headless(_ end: Result<FetchTiming, FetchError>) -> HeadResult {
        end.flatMap { _ in .failure(FetchError(.protocolError, "no final response", requestMayHaveBeenSent: true)) }
    }
}
