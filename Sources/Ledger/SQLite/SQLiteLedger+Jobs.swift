package import Penstock

extension SQLiteLedger {
    package func record(_ completion: Completion) async throws -> Decision {
        let attempt = completion.attempt
        let draft = completion.terminal.map { JobTable.Draft($0) }
        return try await records.write(bytes: 500 + (draft?.bytes ?? 0)) { db in
            if let attempt { try AttemptTable.put(attempt, in: db) }
            return try draft.map { try JobTable.decide($0, in: db) } ?? .won
        }
    }

    package func decide(_ rows: [TerminalRow]) async throws -> [Decision] {
        guard !rows.isEmpty else { return [] }
        let drafts = rows.map { JobTable.Draft($0) }
        return try await records.write(bytes: drafts.reduce(0) { $0 + $1.bytes }) { db in
            try drafts.map { try JobTable.decide($0, in: db) }
        }
    }

    package func terminalRow(of job: JobID, _ admission: AnswerAdmission) async throws -> TerminalRow? {
        let bounds = PageBounds(limit: 1, admission: admission)
        return try await records.read { db in
            let sql = JobTable.select + " WHERE id = \(textArgument)"
            return try JobTable.page(sql, [.text(job.text)], bounds, in: db).first
        }
    }

    package func attempts(of job: JobID) async throws -> [AttemptRow] {
        try await records.read { db in
            try db.all(
                AttemptTable.select + " WHERE job = \(textArgument) ORDER BY started_ms, id",
                [.text(job.text)],
                from: AttemptTable.name,
                AttemptTable.read
            )
        }
    }

    package func finishedJobs(
        of tenant: TenantID,
        _ selection: JobSelection,
        after cursor: JobID?,
        _ bounds: PageBounds
    )
        async throws -> [TerminalRow]
    {
        var query = ListQuery(JobTable.select + " WHERE batch IS NULL AND tenant = \(textArgument)", .text(tenant.text))
        query.add("error_class IS NOT \(textArgument)", .text(ErrorClass.callerDeleted.rawValue))
        if let state = selection.state { query.add("state = \(textArgument)", .text(state.rawValue)) }
        if let feature = selection.tags.feature { query.add("feature = \(textArgument)", .text(feature)) }
        if let customer = selection.tags.customer { query.add("customer = \(textArgument)", .text(customer)) }
        if let since = selection.since { query.add("created_ms >= ?", .time(since)) }
        if let until = selection.until { query.add("created_ms < ?", .time(until)) }
        if let cursor { query.add(cursor: cursor.text, in: JobTable.name, newestFirst: true) }
        query.finish(newestFirst: true, limit: bounds.limit)
        return try await records.read { [query] db in
            try JobTable.page(query.sql, query.arguments, bounds, in: db)
        }
    }
}
