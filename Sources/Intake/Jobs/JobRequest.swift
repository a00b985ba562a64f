import JSON
import Penstock

/// What is asked for by whoever creates a job, checked.
struct JobRequest {
    let endpoint: Endpoint
    /// The provider request, byte-identical.
    let body: [UInt8]
    let inspected: InspectedRequest
    let jobClass: JobClass
    let deadline: Timestamp
    let tags: JobTags
    /// A JSON object; empty when there is none.
    let metadata: [UInt8]
    let durability: Durability
    let idempotencyKey: String?
    let webhook: WebhookTarget?
    /// Whether it is taken in even when it will probably miss its deadline.
    let queuesAnyway: Bool
    /// What is said to the provider beside the body.
    var headers = ProviderHeaders()

    /// The job as it waits.
    ///
    /// - Parameter inlineLimit: bytes of a body that still travels with its job.
    func job(id: JobID, tenant: TenantID, at now: Timestamp, inlineLimit: Int) -> Job {
        let isKept = durability == .ledger || body.count > inlineLimit
        return Job(
            id: id,
            tenant: tenant,
            jobClass: jobClass,
            deadline: deadline,
            createdAt: now,
            endpoint: endpoint,
            model: inspected.model,
            estimate: inspected.estimate,
            tags: tags,
            metadata: metadata,
            durability: isKept ? .ledger : .redis,
            webhook: webhook,
            headers: headers,
            body: isKept ? .inLedger : .inline(body)
        )
    }
}

extension JobRequest {
    private static let known = [
        "endpoint", "body", "class", "deadline", "tags", "metadata", "durability", "idempotency_key",
        "webhook", "queue_anyway",
    ]
    private static let tagNames = ["feature", "customer"]

    /// Reads the body of `POST /v1/jobs`.
    ///
    /// - Parameter headerKey: the key of the `Idempotency-Key` header.
    /// - Throws: 400.
    init(_ bytes: [UInt8], headerKey: String?, webhooks: WebhookRules, at now: Timestamp) throws {
        let fields = try JSONFields(body: bytes)
        try fields.allowOnly(Self.known)
        endpoint = try fields.choice("endpoint") ?? .chatCompletions
        guard let body = fields.value("body") else { throw fields.missing("body") }
        inspected = try RequestInspector.inspect(body, endpoint: endpoint)
        self.body = Array(body.rawBytes)
        jobClass = try fields.choice("class") ?? .standard
        deadline = try DeadlineField.read(fields, at: now)
        tags = try Self.tags(fields)
        let hasMetadata = try MetadataField.read(fields) != nil
        metadata = hasMetadata ? Array(fields.value("metadata")?.rawBytes ?? []) : []
        durability = try fields.choice("durability") ?? .redis
        idempotencyKey = try Self.key(fields, headerKey)
        webhook = try WebhookField.target(fields, webhooks)
        queuesAnyway = try fields.flag("queue_anyway") ?? false
    }

    private static func tags(_ fields: JSONFields) throws -> JobTags {
        guard let tags = try fields.fields("tags") else { return JobTags() }
        try tags.allowOnly(tagNames)
        return JobTags(
            feature: try tags.text("feature", length: 1...128),
            customer: try tags.text("customer", length: 1...128)
        )
    }

    private static func key(_ fields: JSONFields, _ headerKey: String?) throws -> String? {
        let bodyKey = try fields.text("idempotency_key", length: 1...255)
        if let bodyKey, let headerKey, bodyKey != headerKey {
            throw fields.wrong("idempotency_key", "the same as in the header")
        }
        return bodyKey ?? headerKey
    }
}
