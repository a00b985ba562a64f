import Penstock

/// What a message batch may say beside its requests. Anthropic's API has none of it; SDKs send it as `extra_body`.
struct MessageBatchRequest {
    /// As the caller wrote it; a day, as at Anthropic, where it says nothing.
    let window: String
    let duration: Duration
    let metadata: [MetadataPair]?
    let options: JobOptions
    let webhook: WebhookTarget?

    /// Fields that are not known are ignored: SDKs may learn new ones.
    ///
    /// - Throws: 400.
    init(_ body: [UInt8], webhooks: WebhookRules) throws {
        let fields = try JSONFields(body: body)
        window = try fields.text("completion_window") ?? "24h"
        guard let duration = DurationText.parse(window) else {
            throw fields.wrong("completion_window", DurationText.allowed, code: "invalid_completion_window")
        }
        self.duration = duration
        metadata = try MetadataField.read(fields)
        options = try JobOptions(metadata: metadata ?? [])
        webhook = try WebhookField.target(fields, webhooks)
    }

    var jobClass: JobClass { options.jobClass ?? .batch }

    func record(
        id: BatchID,
        tenant: TenantID,
        inputFile: FileID,
        requests: Int,
        headers: ProviderHeaders,
        at now: Timestamp
    ) -> BatchRecord {
        var batch = BatchRecord(
            id: id,
            tenant: tenant,
            endpoint: .messages,
            dialect: .anthropic,
            inputFile: inputFile,
            completionWindow: window,
            createdAt: now,
            expiresAt: now.adding(duration),
            jobClass: jobClass,
            tags: options.tags,
            metadata: metadata,
            webhook: webhook,
            maxCost: options.maxCost
        )
        batch.total = requests
        batch.headers = headers
        return batch
    }
}
