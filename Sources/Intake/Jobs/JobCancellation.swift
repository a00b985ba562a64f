import HTTPTypes
import Penstock

/// Ends a job on its caller's wish: the ledger decides, then the queue is told, also when it was told before.
struct JobCancellation: Sendable {
    let ledger: any JobLedger
    let epochs: EpochDirectory
    let clock: WallClock

    /// - Returns: the row that says `cancelled`.
    /// - Throws: 409 when the job ended in another way.
    func cancel(_ found: FoundJob) async throws -> TerminalRow {
        let row = try await decide(found)
        if let epoch = row.job.epoch, let queue = try await epochs.queue(of: epoch) {
            try await queue.cancel(row.job)
        }
        return row
    }

    private func decide(_ found: FoundJob) async throws -> TerminalRow {
        switch found {
        case .finished(let row):
            guard row.state == .cancelled else { throw Self.finished(row.state) }
            return row
        case .live(let status): return try await decide(status.job, attempts: status.attempts)
        case .accepted(let job): return try await decide(job, attempts: 0)
        }
    }

    private func decide(_ job: Job, attempts: Int) async throws -> TerminalRow {
        let row = TerminalRow(cancelled: job, attempts: attempts, at: clock.now())
        guard case .lost(let state) = try await ledger.decide([row]).first else { return row }
        guard state == .cancelled, let winner = try await ledger.terminalRow(of: job.id) else {
            throw Self.finished(state)
        }
        return winner
    }

    private static func finished(_ state: TerminalState) -> APIError {
        APIError(.conflict, code: "job_already_finished", "The job is \(state.rawValue) already.")
    }
}
