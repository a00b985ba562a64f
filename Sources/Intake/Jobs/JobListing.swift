import Penstock

/// A tenant's single jobs, live and finished ones in one order: newest first.
struct JobListing: Sendable {
    /// Live jobs of a pool that are looked at behind a cursor or for a state; older ones come into sight as the newer
    /// ones end.
    private static let liveWindow = 1000

    let ledger: any JobLedger
    let queues: [any JobQueue]

    /// - Returns: up to `limit` jobs after (older than) `cursor`.
    func jobs(of tenant: TenantID, state: JobStateFilter?, after cursor: JobID?, limit: Int) async throws -> [JobView] {
        var found: [JobID: JobView] = [:]
        if state?.terminal == nil {
            for view in try await live(of: tenant, state: state, after: cursor, limit: limit) { found[view.id] = view }
        }
        // After the queues, so that a job that ends meanwhile is not missed; its end then counts.
        if state == nil || state?.terminal != nil {
            let rows = try await ledger.finishedJobs(of: tenant, state: state?.terminal, after: cursor, limit: limit)
            for row in rows { found[row.job] = JobView(finished: row) }
        }
        let sorted = found.values.sorted { $1.id.isOlder(than: $0.id) }
        return Array(sorted.prefix(limit))
    }

    private func live(of tenant: TenantID, state: JobStateFilter?, after cursor: JobID?, limit: Int) async throws
        -> [JobView]
    {
        let window = cursor == nil && state == nil ? limit : Self.liveWindow
        var views: [JobView] = []
        for queue in queues {
            let statuses = try await queue.liveJobs(of: tenant, limit: window)
            views += statuses.lazy.map(JobView.init(live:))
                .filter { state == nil || $0.state == state?.rawValue }
                .filter { view in cursor.map { view.id.isOlder(than: $0) } ?? true }
                .prefix(limit)
        }
        return views
    }
}

extension JobID {
    /// Whether it was minted before the other one; in the same millisecond their texts decide, as in the ledger.
    fileprivate func isOlder(than other: JobID) -> Bool { (mintingTime, text) < (other.mintingTime, other.text) }

    /// The part of the id that is time.
    private var mintingTime: Substring { text.suffix(IDGenerator.length).prefix(IDGenerator.length / 2) }
}
