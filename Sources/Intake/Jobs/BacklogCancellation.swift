import Penstock

/// Ends what a tenant has waiting and running, a portion per request: unfinished batches as batch cancel does, single
/// jobs as job cancel does.
struct BacklogCancellation: Sendable {
    /// Jobs that one request ends in a pool at most.
    private static let page = 1000
    /// Jobs of a tenant that are looked at in a pool for those of one class.
    private static let widest = 16 * page

    let ledger: any Ledger
    let queues: [any JobQueue]
    let clock: WallClock

    /// What one request came to.
    struct Portion: Equatable {
        /// Single jobs that this request ended.
        var jobs = 0
        /// Batches that this request began to end.
        var batches = 0
        /// Whether asking again makes sense.
        var hasMore = false
    }

    /// - Parameter jobClass: only work of this class; nil for all.
    func cancel(of tenant: TenantID, _ jobClass: JobClass?) async throws -> Portion {
        var portion = Portion()
        try await cancelBatches(of: tenant, jobClass, &portion)
        for queue in queues { try await cancelJobs(of: tenant, jobClass, in: queue, &portion) }
        return portion
    }

    private func cancelBatches(of tenant: TenantID, _ jobClass: JobClass?, _ portion: inout Portion) async throws {
        let orders = BatchOrders(ledger: ledger)
        for batch in try await ledger.unfinishedBatches()
        where batch.tenant == tenant && batch.jobClass == jobClass ?? batch.jobClass {
            let wasCancelling = batch.state == .cancelling
            let stored = try await orders.apply(to: batch.id, of: tenant) { $0.cancel(at: clock.now()) }
            guard case .done(let now) = stored, now.state == .cancelling else { continue }
            if !wasCancelling { portion.batches += 1 }
            // Until its lines are out of the queues, single jobs may stand behind them.
            portion.hasMore = true
        }
    }

    private func cancelJobs(
        of tenant: TenantID,
        _ jobClass: JobClass?,
        in queue: any JobQueue,
        _ portion: inout Portion
    ) async throws {
        let found = try await live(of: tenant, jobClass, in: queue)
        guard !found.isEmpty else { return }
        let now = clock.now()
        let rows = found.map { TerminalRow(cancelled: $0.job, attempts: $0.attempts, at: now) }
        portion.jobs += try await ledger.decide(rows).count { $0 == .won }
        // Also those that had ended: the queue is only behind.
        try await queue.remove(found.map { QueuedJob(job: $0.job, entry: "", attempts: $0.attempts) })
        if found.count == Self.page { portion.hasMore = true }
    }

    /// The newest ones come first, whatever their class: behind many of others the view is widened.
    private func live(of tenant: TenantID, _ jobClass: JobClass?, in queue: any JobQueue) async throws -> [JobStatus] {
        var width = Self.page
        while true {
            let all = try await queue.liveJobs(of: tenant, limit: width)
            let found = all.filter { $0.job.jobClass == jobClass ?? $0.job.jobClass }.prefix(Self.page)
            let isEnough = found.count == Self.page || all.count < width || width >= Self.widest
            if isEnough { return Array(found) }
            width *= 4
        }
    }
}

extension TerminalRow {
    /// How a job ends on its caller's wish.
    init(cancelled job: Job, attempts: Int, at now: Timestamp) {
        self.init(
            of: job,
            state: .cancelled,
            finishedAt: now,
            error: JobError(.callerCancelled, "The job was cancelled by its caller."),
            attempts: attempts
        )
    }
}
