import Penstock

/// A tenant's single jobs, live and finished ones in one order: newest first.
struct JobListing: Sendable {
    /// Live jobs of a pool that are looked at behind a cursor or for a state; older ones come into sight as the newer
    /// ones end.
    private static let liveWindow = 1000

    let ledger: any Ledger
    let queues: [any JobQueue]
    /// Bytes of answers after which a page ends.
    let pageBytes: Int

    /// - Returns: up to `limit` jobs after (older than) `cursor`, fewer where their answers are large; of a batch in the
    ///   order of its lines.
    func jobs(
        of tenant: TenantID,
        _ filter: JobFilter,
        after cursor: JobID?,
        limit: Int,
        _ admission: AnswerAdmission
    ) async throws -> ListPage<JobView> {
        // One more than the page has room for, to know whether there are more.
        let bounds = PageBounds(limit: limit + 1, bytes: pageBytes, admission: admission)
        switch filter {
        case .single(let state, let selection):
            return try await jobs(of: tenant, state, selection, after: cursor, bounds)
        case .quarantined:
            let rows = try await ledger.quarantinedJobs(of: tenant, after: cursor, bounds)
            return Self.page(rows.map { JobView(finished: $0) }, bounds, isCut: bounds.isReached(by: rows))
        case .lines(let batch, let kinds):
            return try await lines(of: batch, of: tenant, kinds, after: cursor, bounds)
        }
    }

    /// - Parameter isCut: more may follow, whatever their number.
    private static func page(_ found: [JobView], _ bounds: PageBounds, isCut: Bool) -> ListPage<JobView> {
        let limit = bounds.limit - 1
        return ListPage(Array(found.prefix(limit)), hasMore: isCut || found.count > limit)
    }

    private func jobs(
        of tenant: TenantID,
        _ state: JobStateFilter?,
        _ selection: JobSelection,
        after cursor: JobID?,
        _ bounds: PageBounds
    ) async throws -> ListPage<JobView> {
        var found: [JobID: JobView] = [:]
        if state?.terminal == nil {
            let views = try await live(of: tenant, state: state, selection, after: cursor, limit: bounds.limit)
            for view in views { found[view.id] = view }
        }
        // After the queues, so that a job that ends meanwhile is not missed; its end then counts.
        var end: JobID?
        if state == nil || state?.terminal != nil {
            let rows = try await ledger.finishedJobs(of: tenant, selection, after: cursor, bounds)
            for row in rows { found[row.job] = JobView(finished: row) }
            if bounds.isReached(by: rows) { end = rows.last?.job }
        }
        // Behind the end of what was read, the next page knows better.
        let read = found.values.filter { view in end.map { !view.id.isOlder(than: $0) } ?? true }
        return Self.page(read.sorted { $1.id.isOlder(than: $0.id) }, bounds, isCut: end != nil)
    }

    /// Lines of a batch that have ended.
    ///
    /// - Throws: 404, also for another tenant's batch.
    private func lines(
        of batch: BatchID,
        of tenant: TenantID,
        _ kinds: [RowKind],
        after cursor: JobID?,
        _ bounds: PageBounds
    ) async throws -> ListPage<JobView> {
        _ = try await BatchOrders(ledger: ledger).find(batch, of: tenant)
        let start = cursor.flatMap { $0.text.split(separator: "_").last.flatMap { Int($0) } } ?? 0
        var rows: [TerminalRow] = []
        var end = Int.max
        for kind in kinds {
            let found = try await ledger.rows(of: batch, kind, afterLine: start, bounds)
            rows += found
            // Behind it, lines of this kind may be missing.
            if bounds.isReached(by: found), let last = found.last?.line { end = min(end, last.number) }
        }
        let numbered = rows.map { (row: $0, number: $0.line?.number ?? 0) }.filter { $0.number <= end }
        let page = bounds.cut(numbered.sorted { $0.number < $1.number }.map(\.row))
        return Self.page(page.map { JobView(finished: $0) }, bounds, isCut: end < .max || bounds.isReached(by: page))
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
