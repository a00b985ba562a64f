import Mongo
import Penstock

/// The collection `jobs`: terminal rows, each put once and never changed but for `webhook_due`.
struct JobDocument: Sendable {
    /// The member by which quarantined jobs are listed; others have none.
    static let quarantineKey = "quarantine_key"

    let job: JobID
    let state: TerminalState
    let finishedAt: Timestamp
    /// Whether it may have an acceptance to forget; lines of batches have none.
    let isSingle: Bool
    let isQuarantined: Bool
    let document: BSONDocument
    /// Where the answer is too long for one document.
    let parts: LargeBytes?
    /// About how much is written.
    let bytes: Int

    init(_ row: TerminalRow) {
        job = row.job
        state = row.state
        finishedAt = row.finishedAt
        isSingle = row.line == nil
        isQuarantined = row.isQuarantined
        parts = row.response.flatMap { LargeBytes($0.body, of: row.job) }
        document = BSONDocument(Self.members(of: row, parts))
        bytes = document.byteCount + (parts?.byteCount ?? 0)
    }

    private static func members(of row: TerminalRow, _ parts: LargeBytes?) -> Members {
        let isSingle = row.line == nil
        let sortKey = SortKey.of(row.job.text, at: row.createdAt)
        let outputBytes = row.result.map { $0.outputLine().count + 1 }
        return [("_id", .text(row.job.text))] + JobFields.members(of: row) + [
            ("state", .text(row.state.rawValue)), ("finished_ms", .time(row.finishedAt)),
            ("attempts", .integer(row.attempts)), ("status", row.response.map { .integer($0.statusCode) }),
            ("request_id", row.response.map { .text($0.requestID) }),
            ("error_class", row.error.map { .text($0.errorClass.rawValue) }),
            ("error_message", row.error.map { .text($0.message) }),
            ("output_bytes", outputBytes.map { .integer($0) }),
            ("response", parts == nil ? row.response.map { .bytes($0.body) } : nil),
            ("response_key", parts.map { .text($0.key) }), ("response_parts", parts.map { .integer($0.count) }),
            (SortKey.field, isSingle ? .text(sortKey) : nil),
            (quarantineKey, row.isQuarantined ? .text(sortKey) : nil),
            ("webhook_due", isSingle ? true : nil),
            ("webhook_type", isSingle ? .text(WebhookEventType(row).rawValue) : nil),
        ]
    }

    /// A row as far as its document tells; a long answer is fetched afterwards.
    struct Stored {
        var row: TerminalRow
        var parts: LargeBytes.Reference?

        /// Of an answer in parts the least that it may have, so that no page ends before its bytes say so.
        var answerBytes: Int { parts.map { ($0.count - 1) * LargeBytes.limit + 1 } ?? row.answerBytes }
    }

    static func read(_ fields: borrowing BSONFields) throws -> Stored {
        var job = try JobFields.job(try fields.text("_id"), fields)
        // Belongs to the event, which is told once, not to the row.
        job.webhook = nil
        let parts = try LargeBytes.Reference(fields)
        let row = TerminalRow(
            of: job,
            state: try fields.word("state", TerminalState.init(rawValue:)),
            finishedAt: try fields.time("finished_ms"),
            response: try response(fields, parts),
            error: try error(fields),
            attempts: try fields.int("attempts")
        )
        return Stored(row: row, parts: parts)
    }

    private static func response(_ fields: borrowing BSONFields, _ parts: LargeBytes.Reference?) throws
        -> ProviderResponse?
    {
        guard let status = try fields.optionalInt("status") else { return nil }
        return ProviderResponse(
            statusCode: status,
            requestID: try fields.text("request_id"),
            body: parts == nil ? try fields.bytes("response") : []
        )
    }

    private static func error(_ fields: borrowing BSONFields) throws -> JobError? {
        guard try fields.optionalText("error_class") != nil else { return nil }
        return JobError(
            try fields.word("error_class", ErrorClass.init(rawValue:)),
            try fields.text("error_message")
        )
    }
}

extension MongoSession {
    /// Reads rows, long answers included; asks before those in parts are fetched.
    func rows(
        _ filter: BSONDocument,
        sort: BSONDocument? = nil,
        _ bounds: PageBounds = PageBounds(limit: .max)
    ) throws -> [TerminalRow] {
        var gauge = PageGauge(bounds)
        let found = try find(
            filter,
            in: MongoSchema.jobs,
            sort: sort,
            limit: bounds.limit == .max ? nil : bounds.limit,
            until: { (stored: JobDocument.Stored) in
                gauge.add(stored.answerBytes)
                return gauge.isFull
            },
            JobDocument.read
        )
        try bounds.admission.admit(found.reduce(0) { $0 + $1.answerBytes })
        var rows = found.map(\.row)
        for (index, stored) in found.enumerated() {
            guard let parts = stored.parts else { continue }
            rows[index].response?.body = try parts.fetch(self)
        }
        return rows
    }
}
