package import Penstock
import Synchronization

/// A provider that answers as the test says.
package final class ScriptedCaller: ProviderCaller {
    /// One call as it came.
    package struct Call: Sendable {
        package let target: String
        package let endpoint: Endpoint
        package let body: [UInt8]
        package let timeout: Duration
    }

    private struct State {
        var calls: [Call] = []
        var running = 0
        var mostRunning = 0
    }

    private let state = Mutex(State())
    private let journal: Journal
    private let answer: @Sendable (_ number: Int, _ call: Call) async -> CallOutcome

    /// - Parameter answer: the outcome of the call with this number, from 1. Cancellation reaches it.
    package init(journal: Journal, _ answer: @escaping @Sendable (_ number: Int, _ call: Call) async -> CallOutcome) {
        self.journal = journal
        self.answer = answer
    }

    package var calls: [Call] { state.withLock { $0.calls } }

    /// The most calls that ran at one moment.
    package var mostRunning: Int { state.withLock { $0.mostRunning } }

    package func call(_ target: Target, endpoint: Endpoint, body: [UInt8], within timeout: Duration) async
        -> CallOutcome
    {
        let call = Call(target: target.name, endpoint: endpoint, body: body, timeout: timeout)
        let number = state.withLock { state in
            state.calls.append(call)
            state.running += 1
            state.mostRunning = max(state.mostRunning, state.running)
            return state.calls.count
        }
        journal.note("call \(number)")
        defer { state.withLock { $0.running -= 1 } }
        return await answer(number, call)
    }

    /// Runs until the call is aborted, as a provider that does not answer.
    package static func untilAborted() async -> CallOutcome {
        while !Task.isCancelled {
            // Ends early when cancelled, which is what is waited for.
            try? await Task.sleep(for: .seconds(60))
        }
        return .failed(CallFailure(error: JobError(.callerCancelled, "aborted"), mayHaveBeenSent: true))
    }
}

extension CallOutcome {
    /// A good answer with this usage.
    package static func answer(_ usage: Usage? = Usage(input: 10, output: 5)) -> CallOutcome {
        .succeeded(
            ProviderResponse(statusCode: 200, requestID: "req-1", body: Array(#"{"ok":true}"#.utf8)),
            usage: usage
        )
    }

    /// An error answer of the provider.
    package static func refusal(_ errorClass: ErrorClass, status: Int, retryAfter: Duration? = nil) -> CallOutcome {
        .failed(
            CallFailure(
                error: JobError(errorClass, "no"),
                response: ProviderResponse(statusCode: status, requestID: "req-2", body: Array(#"{"error":{}}"#.utf8)),
                retryAfter: retryAfter,
                mayHaveBeenSent: true
            )
        )
    }
}
