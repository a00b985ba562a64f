import Mongo
import Penstock

/// Members of a document before it is made; those with a nil value are left out.
typealias Members = [(String, BSONValue?)]

/// What `jobs` and `accepted` have in common: whose work it is and what it was.
enum JobFields {
    static func members(of job: Job) -> Members {
        var members = request(job.endpoint, job.model, job.line, job.tags, job.metadata)
        members += owner(job.tenant, job.jobClass, job.createdAt, job.deadline)
        return members + target(job.webhook)
    }

    static func members(of row: TerminalRow) -> Members {
        var members = request(row.endpoint, row.model, row.line, row.tags, row.metadata)
        members += owner(row.tenant, row.jobClass, row.createdAt, row.deadline)
        return members + target(row.webhook)
    }

    /// The job; what is not kept has no meaning: no estimate, and the body `.inLedger`.
    static func job(_ id: String, _ fields: borrowing BSONFields) throws -> Job {
        Job(
            id: JobID(id),
            tenant: TenantID(trusted: try fields.text("tenant")),
            jobClass: try fields.word("class", JobClass.init(rawValue:)),
            deadline: try fields.time("deadline_ms"),
            createdAt: try fields.time("created_ms"),
            endpoint: try fields.word("endpoint", Endpoint.init(rawValue:)),
            model: try fields.text("model"),
            estimate: TokenEstimate(input: 0, output: 0),
            tags: try fields.tags(),
            metadata: try fields.bytes("metadata"),
            line: try line(fields),
            webhook: try target(fields),
            body: .inLedger
        )
    }

    /// An address with its secret, of a job or a delivery.
    static func target(_ target: WebhookTarget?) -> Members {
        [
            ("webhook_url", target.map { .text($0.url) }),
            ("webhook_secret", target.map { .text($0.secret.revealed) }),
        ]
    }

    static func target(_ fields: borrowing BSONFields) throws -> WebhookTarget? {
        guard let url = try fields.optionalText("webhook_url") else { return nil }
        return WebhookTarget(url: url, secret: Secret(try fields.text("webhook_secret")))
    }

    private static func request(
        _ endpoint: Endpoint,
        _ model: String,
        _ line: BatchLine?,
        _ tags: JobTags,
        _ metadata: [UInt8]
    ) -> Members {
        [
            ("endpoint", .text(endpoint.rawValue)), ("model", .text(model)),
            ("batch", line.map { .text($0.batch.text) }), ("line", line.map { .integer($0.number) }),
            ("custom_id", line.map { .text($0.customID) }), ("feature", tags.feature.map { .text($0) }),
            ("customer", tags.customer.map { .text($0) }), ("metadata", .bytes(metadata)),
        ]
    }

    private static func owner(
        _ tenant: TenantID,
        _ jobClass: JobClass,
        _ createdAt: Timestamp,
        _ deadline: Timestamp
    ) -> Members {
        [
            ("tenant", .text(tenant.text)), ("class", .text(jobClass.rawValue)), ("created_ms", .time(createdAt)),
            ("deadline_ms", .time(deadline)),
        ]
    }

    private static func line(_ fields: borrowing BSONFields) throws -> BatchLine? {
        guard let batch = try fields.optionalText("batch") else { return nil }
        return BatchLine(
            batch: BatchID(batch),
            number: try fields.int("line"),
            customID: try fields.text("custom_id")
        )
    }
}

extension BSONValue {
    /// Milliseconds since 1970.
    static func time(_ time: Timestamp) -> BSONValue { .integer(time.milliseconds) }
}

extension BSONFields {
    func time(_ key: String) throws -> Timestamp { Timestamp(milliseconds: try integer(key)) }
    func optionalTime(_ key: String) throws -> Timestamp? {
        try optionalInteger(key).map { Timestamp(milliseconds: $0) }
    }
    func tags() throws -> JobTags {
        JobTags(feature: try optionalText("feature"), customer: try optionalText("customer"))
    }
}
