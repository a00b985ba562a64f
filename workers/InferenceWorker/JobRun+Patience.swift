import Logging
import Penstock
import Telemetry

extension JobRun {
    private static let longestWait = Duration.seconds(5)

    /// Asks the ledger before a call. A ledger that is away for longer than a moment keeps no place occupied: others'
    /// calls may need nothing of it.
    ///
    /// - Returns: nil when it does not answer.
    func briefly<Value: Sendable>(_ what: String, _ operation: () async throws -> Value) async -> Value? {
        let end = ContinuousClock.now + configuration.spoolAfter
        while true {
            do {
                let value = try await operation()
                outages.worked(what)
                return value
            } catch {
                guard ContinuousClock.now < end, !drained.isOver else {
                    noteFailure(what, error)
                    return nil
                }
                // Ends early when cancelled, and the next try is then the last.
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    func noteFailure(_ what: String, _ error: any Error) {
        outages.failed(what, because: Store.behind(error) ?? what, error)
    }

    /// Repeats what an unreachable ledger or queue refused: an answer that was paid for is not thrown away. The lease
    /// is renewed meanwhile; if this process dies, the job goes to another.
    ///
    /// Runs to its end even when the task is cancelled, as the worker's drain bounds it.
    ///
    /// - Returns: nil only when the process was told to stop and its time is over.
    func patiently<Value: Sendable>(
        _ what: String,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async -> Value? {
        // Unstructured, so that a cancelled worker still writes down what it did; awaited at once.
        await Task {
            var wait = Duration.milliseconds(50)
            while !drained.isOver {
                do {
                    let value = try await operation()
                    outages.worked(what)
                    return value
                } catch {
                    noteFailure(what, error)
                    // Never cancelled: nobody holds this task.
                    try? await Task.sleep(for: wait * .random(in: 0.5...1))
                    wait = min(wait * 2, Self.longestWait)
                }
            }
            return nil
        }.value
    }
}
