import Logging
import Penstock
import Telemetry

extension JobRun {
    /// Where an outcome was written.
    enum Entry: Sendable {
        case ledger(Decision)
        /// Waits in the queue; the ledger will decide.
        case spool

        /// Whether the job ended so, as far as anybody knows.
        var isTheOutcome: Bool {
            switch self {
            case .ledger(let decision): decision == .won
            case .spool: true
            }
        }
    }

    /// Before the job is quarantined, so that its body is there when it is made anew.
    func keepForRequeue(_ job: Job) async {
        _ = await patiently("keep the body") { try await ledger.keepForRequeue(job, pool: pool.name) }
    }

    /// Gives an outcome to the ledger, or to the queue while the ledger is away: what was paid for is not thrown away,
    /// and the place is free for the next call.
    ///
    /// - Returns: nil only when the process was told to stop and its time is over.
    func write(_ completion: Completion, under lease: Lease) async -> Entry? {
        let start = ContinuousClock.now
        return await patiently("record") {
            do {
                return .ledger(try await ledger.record(completion))
            } catch {
                guard ContinuousClock.now - start >= configuration.spoolAfter, await spool(completion, under: lease)
                else { throw error }
                return .spool
            }
        }
    }

    /// - Returns: false when the queue does not keep it either.
    private func spool(_ completion: Completion, under lease: Lease) async -> Bool {
        do {
            let answer = try await queue.spool(lease, completion)
            metrics.spooled(answer)
            outages.worked("spool")
            return answer == .kept
        } catch {
            noteFailure("spool", error)
            return false
        }
    }
}
