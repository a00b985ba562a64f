import Penstock

/// A tenant's single jobs, live and finished ones in one order: newest first.
struct JobListing: Sendable {
    /// Live jobs of a pool that are looked at behind a cursor or for a state; older ones come into sight as the newer
    /// ones end.
    private static let liveWindow = 1000

    let ledger: any Ledger
    let queues: [any JobQueue]

    /// - Returns: up to `limit` jobs after (older than) `cursor`; of a batch in the order of its lines.
    func jobs(of tenant: TenantID, _ filter: JobFilter, after cursor: JobID?, limit: Int) async throws -> [JobView] {
        switch filter {
        case .single(let state, let selection):
            return try await jobs(of: tenant, state, selection, after: cursor, limit: limit)
        case .quarantined:
            let rows = try await ledger.quarantinedJobs(of: tenant, after: cursor, limit: limit)
            return rows.map { JobView(finished: $0) }
        case .lines(let batch, let kinds):
            return try await lines(of: batch, of: tenant, kinds, after: cursor, limit: limit)
        }
    }

    private func jobs(
        of tenant: TenantID,
        _ state: JobStateFilter?,
        _ selection: JobSelection,
        after cursor: JobID?,
        limit: Int
    ) async throws -> [JobView] {
        var found: [JobID: JobView] = [:]
        if state?.terminal == nil {
            let views = try await live(of: tenant, state: state, selection, after: cursor, limit: limit)
            for view in views { found[view.id] = view }
        }
        // After the queues, so that a job that ends meanwhile is not missed; its end then counts.
        if state == nil || state?.terminal != nil {
            let rows = try await ledger.finishedJobs(of: tenant, selection, after: cursor, limit: limit)
            for row in rows { found[row.job] = JobView(finished: row) }
        }
        let sorted = found.values.sorted { $1.id.isOlder(than: $0.id) }
        return Array(sorted.prefix(limit))
    }

    /// Lines of a batch that have ended.
    ///
    /// - Throws: 404, also for another tenant's batch.
    private func lines(
        of batch: BatchID,
        of tenant: TenantID,
        _ kinds: [RowKind],
        after cursor: JobID?,
        limit: Int
    ) async throws -> [JobView] {
        _ = try await BatchOrders(ledger: ledger).find(batch, of: tenant)
        let start = cursor.flatMap { $0.text.split(separator: "_").last.flatMap { Int($0) } } ?? 0
        var rows: [TerminalRow] = []
        for kind in kinds { rows += try await ledger.rows(of: batch, kind, afterLine: start, limit: limit) }
        rows.sort { ($0.line?.number ?? 0) < ($1.line?.number ?? 0) }
        return rows.prefix(limit).map { JobView(finished: $0) }
    }

    private func live(
        of tenant: TenantID,
        state: JobStateFilter?,
        _ selection: JobSelection,
        after cursor: JobID?,
        limit: Int
    ) async throws -> [JobView] {
        let isAny = cursor == nil && state == nil && selection == JobSelection()
        let window = isAny ? limit : Self.liveWindow
        var views: [JobView] = []
        for queue in queues {
            let statuses = try await queue.liveJobs(of: tenant, limit: window)
            views += statuses.lazy.map(JobView.init(live:))
                .filter { state == nil || $0.state == state?.rawValue }
                .filter { selection.includes($0.tags, createdAt: $0.createdAt) }
                .filter { view in cursor.map { view.id.isOlder(than: $0) } ?? true }
                .prefix(limit)
        }
        return views
    }
}

/// Which jobs a listing has.
enum JobFilter {
    /// Single jobs, of one state or of all.
    case single(JobStateFilter?, JobSelection)
    /// Quarantined ones, lines of batches included.
    case quarantined
    /// Lines of a batch that have ended, those of one kind or all.
    case lines(of: BatchID, [RowKind])

    /// - Throws: 400.
    init(_ query: Query) throws {
        let state: JobStateFilter? = try query.choice("state")
        let selection = JobSelection(
            state: state?.terminal,
            tags: JobTags(feature: try query["feature"], customer: try query["customer"]),
            since: try query.time("since"),
            until: try query.time("until")
        )
        if try query.flag("quarantined") {
            guard state == nil || state == .failed else {
                throw APIError.badRequest("Quarantined jobs are failed: leave out `state`.", param: "state")
            }
            self = .quarantined
        } else if let batch = try query["batch"] {
            self = .lines(of: BatchID(batch), try Self.kinds(state))
        } else {
            self = .single(state, selection)
        }
    }

    private static func kinds(_ state: JobStateFilter?) throws -> [RowKind] {
        switch state {
        case nil: return RowKind.allCases
        case .succeeded: return [.output]
        case .failed: return [.errors]
        default:
            throw APIError.badRequest(
                "Lines of a batch are listed once they have ended: `state` is succeeded or failed (all others).",
                param: "state"
            )
        }
    }
}

extension JobID {
    /// Whether it was minted before the other one; in the same millisecond their texts decide, as in the ledger.
    fileprivate func isOlder(than other: JobID) -> Bool { (mintingTime, text) < (other.mintingTime, other.text) }

    /// The part of the id that is time.
    private var mintingTime: Substring { text.suffix(IDGenerator.length).prefix(IDGenerator.length / 2) }
}
