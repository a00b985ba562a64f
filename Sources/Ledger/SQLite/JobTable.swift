import GRDB
import Penstock

/// The table `jobs`: terminal rows, each put once and never changed.
enum JobTable {
    static let name = "jobs"

    private static let columns = Columns(
        JobColumns.columns + [
            .text("state"), .integer("finished_ms"), .integer("attempts"), .integer("status"), .text("request_id"),
            .text("error_class"), .text("error_message"), .integer("output_bytes"), .blob("response"),
        ]
    )

    static let select = "SELECT \(columns.names) FROM jobs"
    /// Only what a `BatchResult` tells.
    static let selectResults =
        "SELECT line, custom_id, state, status, request_id, error_class, error_message, response FROM jobs"
    private static let insert = columns.insert(into: name) + " ON CONFLICT (id) DO NOTHING"
    private static let decision = "SELECT state, finished_ms FROM jobs WHERE id = \(textArgument)"
    private static let forgetAccepted = "DELETE FROM accepted WHERE id = \(textArgument)"
    private static let quarantineAccepted = "UPDATE accepted SET is_quarantined = 1 WHERE id = \(textArgument)"

    /// A terminal row, ready to be put.
    struct Draft: Sendable {
        fileprivate let job: JobID
        fileprivate let state: TerminalState
        fileprivate let finishedAt: Timestamp
        fileprivate let values: [DatabaseValue]
        fileprivate let isQuarantined: Bool
        /// What its caller is told once it is the outcome.
        fileprivate let event: WebhookEvent?
        /// About how much the row takes.
        let bytes: Int

        init(_ row: TerminalRow) {
            job = row.job
            state = row.state
            finishedAt = row.finishedAt
            isQuarantined = row.isQuarantined
            event = WebhookEvent(row)
            let outputBytes = row.result.map { $0.outputLine().count + 1 }
            values =
                JobColumns(of: row).values + [
                    .text(row.state.rawValue), .time(row.finishedAt), .integer(row.attempts),
                    .integer(row.response?.statusCode), .text(row.response?.requestID),
                    .text(row.error?.errorClass.rawValue), .text(row.error?.message), .integer(outputBytes),
                    .blob(row.response?.body),
                ]
            bytes = 500 + row.metadata.count + (row.response?.body.count ?? 0)
        }
    }

    /// Puts a row if the job has none.
    ///
    /// - Returns: `.won` also when the very same decision is there already: its caller repeats it after a lost answer.
    static func decide(_ draft: Draft, in db: Database) throws -> Decision {
        let key: [DatabaseValue] = [.text(draft.job.text)]
        if try db.change(insert, draft.values) > 0 {
            try db.change(draft.isQuarantined ? quarantineAccepted : forgetAccepted, key)
            if let event = draft.event { try EventTable.put(event, in: db) }
            return .won
        }
        let existing = try db.first(decision, key, from: name) { row in
            let state: TerminalState = try row.word()
            return (state: state, finishedAt: try row.time())
        }
        guard let existing else { throw DamagedRow(table: name, column: 1) }
        let isSame = existing == (draft.state, draft.finishedAt)
        return isSame ? .won : .lost(to: existing.state)
    }

    static func read(_ row: inout ColumnReader) throws -> TerminalRow {
        let job = try JobColumns.read(&row)
        let state: TerminalState = try row.word()
        let finishedAt = try row.time()
        let attempts = try row.int()
        let status = try row.optionalInt()
        let requestID = try row.optionalText()
        let error = try readError(&row)
        _ = try row.optionalInt()  // output_bytes
        let body = try row.optionalBytes()
        let response = try readResponse(status, requestID, body, row)
        return TerminalRow(
            of: job,
            state: state,
            finishedAt: finishedAt,
            response: response,
            error: error,
            attempts: attempts
        )
    }

    /// The rows of a page, as `select` reads them; asks before it reads any answer.
    static func page(_ sql: String, _ arguments: [DatabaseValue], _ bounds: PageBounds, in db: Database) throws
        -> [TerminalRow]
    {
        if bounds.admission.isAsked {
            // SQLite tells a length without reading what is so long.
            let lengths = "SELECT COALESCE(length(response), 0) FROM jobs" + sql.dropFirst(select.count)
            let bytes = try db.page(lengths, arguments, from: name, bounds, answerBytes: { $0 }) { try $0.int() }
                .reduce(0, +)
            try bounds.admission.admit(bytes)
        }
        return try db.page(sql, arguments, from: name, bounds, answerBytes: \.answerBytes, read)
    }

    static func readResult(of batch: BatchID, _ row: inout ColumnReader) throws -> BatchResult {
        let line = BatchLine(batch: batch, number: try row.int(), customID: try row.text())
        let state: TerminalState = try row.word()
        let status = try row.optionalInt()
        let requestID = try row.optionalText()
        let error = try readError(&row)
        let body = try row.optionalBytes()
        let response = try readResponse(status, requestID, body, row)
        return BatchResult(line: line, state: state, response: response, error: error)
    }

    private static func readError(_ row: inout ColumnReader) throws -> JobError? {
        let text = try row.optionalText()
        let message = try row.optionalText()
        guard let text else { return nil }
        guard let errorClass = ErrorClass(rawValue: text), let message else { throw row.damage }
        return JobError(errorClass, message)
    }

    private static func readResponse(_ status: Int?, _ requestID: String?, _ body: [UInt8]?, _ row: ColumnReader) throws
        -> ProviderResponse?
    {
        guard let status else { return nil }
        guard let requestID, let body else { throw row.damage }
        return ProviderResponse(statusCode: status, requestID: requestID, body: body)
    }
}
