import Mongo
package import Penstock

extension MongoLedger {
    package func record(_ completion: Completion) async throws -> Decision {
        try await pass { try await completions.write(CompletionDraft(completion)) }
    }

    package func decide(_ rows: [TerminalRow]) async throws -> [Decision] {
        guard !rows.isEmpty else { return [] }
        let drafts = rows.map { CompletionDraft($0) }
        return try await run { session in
            try CompletionGroup.commit(drafts, session).map { try $0.get() }
        }
    }

    package func terminalRow(of job: JobID, _ admission: AnswerAdmission) async throws -> TerminalRow? {
        let bounds = PageBounds(limit: 1, admission: admission)
        return try await run { session in try session.rows(["_id": .text(job.text)], bounds).first }
    }

    package func attempts(of job: JobID) async throws -> [AttemptRow] {
        let rows = try await run { session in
            try session.find(["job": .text(job.text)], in: MongoSchema.attempts, AttemptDocument.read)
        }
        return rows.sorted { ($0.startedAt, $0.id.text) < ($1.startedAt, $1.id.text) }
    }

    package func finishedJobs(
        of tenant: TenantID,
        _ selection: JobSelection,
        after cursor: JobID?,
        _ bounds: PageBounds
    )
        async throws -> [TerminalRow]
    {
        let made = BSONDocument([
            ("$gte", selection.since.map { .time($0) }), ("$lt", selection.until.map { .time($0) }),
        ])
        let isBounded = selection.since != nil || selection.until != nil
        return try await run { session in
            guard let start = try session.start(after: cursor?.text, in: MongoSchema.jobs) else { return [] }
            return try session.rows(
                [
                    "tenant": .text(tenant.text), "sort_key": ["$lt": .text(start)],
                    "state": selection.state.map { .text($0.rawValue) },
                    "error_class": ["$ne": .text(ErrorClass.callerDeleted.rawValue)],
                    "feature": selection.tags.feature.map { .text($0) },
                    "customer": selection.tags.customer.map { .text($0) },
                    "created_ms": isBounded ? .document(made) : nil,
                ],
                sort: ["sort_key": -1],
                bounds
            )
        }
    }
}

extension MongoSession {
    /// The sort key after which a listing with the newest first goes on; nil past its end.
    ///
    /// - Parameter field: the member that the listing is sorted by.
    func start(after cursor: String?, in collection: String, by field: String = SortKey.field) throws -> String? {
        guard let cursor else { return SortKey.end }
        return try SortKey.of(cursor: cursor, in: collection, by: field, self)
    }
}
