import GRDB
import Penstock

/// What the tables `jobs` and `accepted` have in common: whose work it is and what it was.
struct JobColumns {
    static let columns: [Column] = [
        .text("id"), .text("tenant"), .text("class"), .text("endpoint"), .text("model"), .text("batch"),
        .integer("line"), .text("custom_id"), .text("feature"), .text("customer"), .blob("metadata"),
        .integer("created_ms"), .integer("deadline_ms"),
    ]

    let values: [DatabaseValue]

    init(of job: Job) {
        values = Self.values(
            id: job.id,
            tenant: job.tenant,
            jobClass: job.jobClass,
            endpoint: job.endpoint,
            model: job.model,
            line: job.line,
            tags: job.tags,
            metadata: job.metadata,
            createdAt: job.createdAt,
            deadline: job.deadline
        )
    }

    init(of row: TerminalRow) {
        values = Self.values(
            id: row.job,
            tenant: row.tenant,
            jobClass: row.jobClass,
            endpoint: row.endpoint,
            model: row.model,
            line: row.line,
            tags: row.tags,
            metadata: row.metadata,
            createdAt: row.createdAt,
            deadline: row.deadline
        )
    }

    private static func values(
        id: JobID,
        tenant: TenantID,
        jobClass: JobClass,
        endpoint: Endpoint,
        model: String,
        line: BatchLine?,
        tags: JobTags,
        metadata: [UInt8],
        createdAt: Timestamp,
        deadline: Timestamp
    ) -> [DatabaseValue] {
        [
            .text(id.text), .text(tenant.text), .text(jobClass.rawValue), .text(endpoint.rawValue), .text(model),
            .text(line?.batch.text), .integer(line?.number), .text(line?.customID), .text(tags.feature),
            .text(tags.customer), .blob(metadata), .time(createdAt), .time(deadline),
        ]
    }

    /// The job of a row; what the row does not keep has no meaning: no estimate, and the body `.inLedger`.
    static func read(_ row: inout ColumnReader) throws -> Job {
        let id = JobID(try row.text())
        let tenant = TenantID(trusted: try row.text())
        let jobClass: JobClass = try row.word()
        let endpoint: Endpoint = try row.word()
        let model = try row.text()
        let line = try readLine(&row)
        let tags = JobTags(feature: try row.optionalText(), customer: try row.optionalText())
        let metadata = try row.bytes()
        let createdAt = try row.time()
        return Job(
            id: id,
            tenant: tenant,
            jobClass: jobClass,
            deadline: try row.time(),
            createdAt: createdAt,
            endpoint: endpoint,
            model: model,
            estimate: TokenEstimate(input: 0, output: 0),
            tags: tags,
            metadata: metadata,
            line: line,
            body: .inLedger
        )
    }

    private static func readLine(_ row: inout ColumnReader) throws -> BatchLine? {
        let batch = try row.optionalText()
        let number = try row.optionalInt()
        let customID = try row.optionalText()
        guard let batch else { return nil }
        guard let number, let customID else { throw row.damage }
        return BatchLine(batch: BatchID(batch), number: number, customID: customID)
    }
}
