import Synchronization

/// Gathers a whole response for `FetchClient.fetch`.
final class ResponseCollector: TransferSink {
    typealias Outcome = Result<FetchResponse, FetchError>

    private struct State {
        var head: ResponseHead?
        var body: [UInt8] = []
        var outcome: Outcome?
        var waiter: CheckedContinuation<Outcome, Never>?
    }

    /// A declared length is trusted for so much memory up front, no more.
    private static let largestReservation = 1 << 20

    private let state = Mutex(State())

    /// Waits for the end. Called once.
    func outcome() async -> Outcome {
        await withCheckedContinuation { continuation in
            let outcome = state.withLock { state in
                if state.outcome == nil { state.waiter = continuation }
                return state.outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    func receive(head: ResponseHead) {
        state.withLock { state in
            state.body.reserveCapacity(min(max(head.contentLength ?? 0, 0), Self.largestReservation))
            state.head = head
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        state.withLock { $0.body.append(contentsOf: bytes) }
        return true
    }

    func finish(_ result: Result<FetchTiming, FetchError>) {
        let (outcome, waiter) = state.withLock { state in
            let outcome = result.flatMap { Self.response(state, timing: $0) }
            state.body = []
            state.outcome = outcome
            return (outcome, state.waiter.take())
        }
        waiter?.resume(returning: outcome)
    }

    private static func response(_ state: State, timing: FetchTiming) -> Outcome {
        guard let head = state.head else {
            return .failure(FetchError(.protocolError, "no final response", requestMayHaveBeenSent: true))
        }
        return .success(
            FetchResponse(status: head.status, headers: head.headers, body: state.body, timing: timing)
        )
    }
}
