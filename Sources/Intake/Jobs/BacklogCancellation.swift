import Penstock

/// Ends whatever of a tenant has not ended, a bounded part of it at a time.
///
/// Whoever wants all of it gone asks again while `hasMore`: batches first, so that they are fed no further, then single
/// jobs, newest first. Each step is a decision of the ledger, so a request that broke off is simply repeated.
struct BacklogCancellation: Sendable {
    /// What one request came to.
    struct Progress: Equatable {
        /// Single jobs that this request ended.
        var jobs = 0
        /// Batches that this request told to end.
        var batches = 0
        /// Something was still live at the look.
        var hasMore = false
    }

    private static let jobsPerRequest = 1000
    private static let batchesPerRequest = 100
    /// Writes that may come in between a batch's read and its write, again and again.
    private static let tries = 20

    let ledger: any Ledger
    let queues: [any JobQueue]
    let clock: WallClock

    func cancel(of tenant: TenantID) async throws -> Progress {
        var progress = Progress()
        try await cancelBatches(of: tenant, &progress)
        try await cancelJobs(of: tenant, &progress)
        return progress
    }

    /// A batch that is told stays in sight until its last line has ended: single jobs may hide behind its lines.
    private func cancelBatches(of tenant: TenantID, _ progress: inout Progress) async throws {
        for batch in try await ledger.unfinishedBatches() where batch.tenant == tenant && batch.state != .finalizing {
            progress.hasMore = true
            guard batch.state != .cancelling else { continue }
            guard progress.batches < Self.batchesPerRequest else { return }
            if try await cancel(batch) { progress.batches += 1 }
        }
    }

    /// - Returns: false when it ended otherwise, or somebody else told it.
    private func cancel(_ batch: BatchRecord) async throws -> Bool {
        var known = batch
        for _ in 0..<Self.tries {
            var changed = known
            guard changed.cancel(at: clock.now()), changed != known else { return false }
            if try await ledger.replace(changed) != nil { return true }
            guard let newer = try await ledger.batch(batch.id) else { return false }
            known = newer
        }
        throw LedgerUnavailable("the batch kept changing")
    }

    private func cancelJobs(of tenant: TenantID, _ progress: inout Progress) async throws {
        var room = Self.jobsPerRequest
        for queue in queues {
            guard room > 0 else { return }
            let found = try await queue.liveJobs(of: tenant, limit: room)
            guard !found.isEmpty else { continue }
            progress.hasMore = true
            room -= found.count
            progress.jobs += try await cancel(found, in: queue)
        }
    }

    /// - Returns: how many of them ended by this.
    private func cancel(_ found: [JobStatus], in queue: any JobQueue) async throws -> Int {
        let now = clock.now()
        let decisions = try await ledger.decide(
            found.map { TerminalRow(cancelled: $0.job, attempts: $0.attempts, at: now) }
        )
        // Those that were cancelled before are removed again: whoever did it may have got no further. A job that ended
        // otherwise is its worker's to settle.
        let cancelled = zip(found, decisions).filter { $1 == .won || $1 == .lost(to: .cancelled) }
        try await queue.remove(
            cancelled.map { QueuedJob(job: $0.0.job, entry: $0.0.job.id.text, attempts: $0.0.attempts) }
        )
        return decisions.count { $0 == .won }
    }
}
