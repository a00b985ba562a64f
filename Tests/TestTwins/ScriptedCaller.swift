package import Penstock
import Synchronization

/// A provider that answers as the test says.
package final class ScriptedCaller: ProviderCaller {
    /// One call as it came.
    package struct Call: Sendable {
        package let target: String
        package let endpoint: Endpoint
        package let body: [UInt8]
        package let headers: ProviderHeaders
        package let timeout: Duration
    }

    private struct State {
        var calls: [Call] = []
        var running = 0
        var mostRunning = 0
        var groups: [Int] = []
        var deaths = 0
    }

    private let state = Mutex(State())
    private let journal: Journal
    private let answer: @Sendable (_ number: Int, _ call: Call) async -> CallReport

    /// - Parameter answer: the outcome of the call with this number, from 1. Cancellation reaches it.
    package init(journal: Journal, _ answer: @escaping @Sendable (_ number: Int, _ call: Call) async -> CallReport) {
        self.journal = journal
        self.answer = answer
    }

    package var calls: [Call] { state.withLock { $0.calls } }

    /// The most calls that ran at one moment.
    package var mostRunning: Int { state.withLock { $0.mostRunning } }

    package func call(
        _ target: Target,
        endpoint: Endpoint,
        body: [UInt8],
        headers: ProviderHeaders,
        within timeout: Duration
    ) async -> CallReport {
        let call = Call(target: target.name, endpoint: endpoint, body: body, headers: headers, timeout: timeout)
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

    /// How many were to be called by the same process at most, call by call of suspects.
    package var groups: [Int] { state.withLock { $0.groups } }

    /// Lets so many processes of suspects die with others in them, before any call is answered.
    package func die(_ times: Int) { state.withLock { $0.deaths = times } }

    /// Runs until the call is aborted, as a provider that does not answer.
    package static func untilAborted() async -> CallReport {
        while !Task.isCancelled {
            // Ends early when cancelled, which is what is waited for.
            try? await Task.sleep(for: .seconds(60))
        }
        return CallReport(.failed(CallFailure(error: JobError(.callerCancelled, "aborted"), mayHaveBeenSent: true)))
    }
}

extension CallReport {
    /// A good answer with this usage.
    package static func answer(
        _ usage: Usage? = Usage(input: 10, output: 5),
        signals: RateSignals? = nil,
        firstByte: Duration? = nil,
        serviceTime: Duration? = nil
    ) -> CallReport {
        let response = ProviderResponse(statusCode: 200, requestID: "req-1", body: Array(#"{"ok":true}"#.utf8))
        return CallReport(
            .succeeded(response, usage: usage),
            signals: signals,
            firstByte: firstByte,
            serviceTime: serviceTime
        )
    }

    /// An error answer of the provider.
    package static func refusal(
        _ errorClass: ErrorClass,
        status: Int,
        retryAfter: Duration? = nil,
        signals: RateSignals? = nil
    ) -> CallReport {
        let failure = CallFailure(
            error: JobError(errorClass, "no"),
            response: ProviderResponse(statusCode: status, requestID: "req-2", body: Array(#"{"error":{}}"#.utf8)),
            retryAfter: retryAfter,
            mayHaveBeenSent: true
        )
        return CallReport(.failed(failure), signals: signals)
    }
}

extension ScriptedCaller: SuspectCaller {
    package func call(
        _ target: Target,
        endpoint: Endpoint,
        body: [UInt8],
        headers: ProviderHeaders,
        within timeout: Duration,
        amongAtMost most: Int
    ) async -> SuspectOutcome {
        let dies = state.withLock { state in
            state.groups.append(most)
            defer { state.deaths = max(0, state.deaths - 1) }
            return state.deaths > 0
        }
        if dies { return .diedAmong(calls: most) }
        return .reported(await call(target, endpoint: endpoint, body: body, headers: headers, within: timeout))
    }
}
