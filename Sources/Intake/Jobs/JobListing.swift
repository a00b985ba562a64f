import Penstock

/// A tenant's single jobs, live and finished ones in one order: newest first.
struct JobListing: Sendable {
    /// Live jobs of a pool that are looked at behind a cursor or for a state; older ones come into sight as the newer
    /// ones end.
    private static let liveWindow = 1000

    let ledger: any Ledger
    let queues: [any JobQueue]

    /// - Returns: up to `limit` jobs after (older than) `cursor`.
    func jobs(of tenant: TenantID, _ filter: JobFilter, after cursor: JobID?, limit: Int) async throws -> [JobView] {
        switch filter {
        case .state(let state): return try await jobs(of: tenant, state: state, after: cursor, limit: limit)
        case .quarantined:
            let rows = try await ledger.quarantinedJobs(of: tenant, after: cursor, limit: limit)
            return rows.map { JobView(finished: $0) }
        }
    }

    private func jobs(of tenant: TenantID, state: JobStateFilter?, after cursor: JobID?, limit: Int) async throws
        -> [JobView]
    {
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

/// Which jobs a listing has.
enum JobFilter {
    /// Single jobs, of one state or of all.
    case state(JobStateFilter?)
    /// Quarantined ones, lines of batches included.
    case quarantined

    /// - Throws: 400.
    init(_ query: Query) throws {
        let state: JobStateFilter? = try query.choice("state")
        guard try query.flag("quarantined") else {
            self = .state(state)
            return
        }
        guard state == nil || state == .failed else {
            throw APIError.badRequest("Quarantined jobs are failed: leave out `state`.", param: "state")
        }
        self = .quarantined
    }
}

extension JobID {
    /// Whether it was minted before the other one; in the same millisecond their texts decide, as in the ledger.
    fileprivate func isOlder(than other: JobID) -> Bool { (mintingTime, text) < (other.mintingTime, other.text) }

    /// The part of the id that is time.
    private var mintingTime: Substring { text.suffix(IDGenerator.length).prefix(IDGenerator.length / 2) }
}
