import JSON
import Penstock

/// The body of `POST /v1/batches`, checked as far as it can be without the input file.
struct BatchRequest {
    let inputFile: FileID
    let endpoint: Endpoint
    /// As the caller wrote it.
    let window: String
    let duration: Duration
    let jobClass: JobClass
    let tags: JobTags
    let metadata: [MetadataPair]?
    let webhook: WebhookTarget?
    /// What its calls may cost together.
    let maxCost: Nanodollars?
    let resultLifetime: Duration?

    /// Fields that are not known are ignored: SDKs may learn new ones.
    ///
    /// - Throws: 400.
    init(_ body: [UInt8], webhooks: WebhookRules) throws {
        let fields = try JSONFields(body: body)
        inputFile = FileID(try fields.requiredText("input_file_id", length: 1...128))
        guard let endpoint: Endpoint = try fields.choice("endpoint") else { throw fields.missing("endpoint") }
        self.endpoint = endpoint
        window = try fields.requiredText("completion_window")
        guard let duration = DurationText.parse(window) else {
            throw fields.wrong("completion_window", DurationText.allowed, code: "invalid_completion_window")
        }
        self.duration = duration
        metadata = try MetadataField.read(fields)
        let options = try JobOptions(metadata: metadata ?? [])
        jobClass = options.jobClass ?? .batch
        tags = options.tags
        maxCost = options.maxCost
        webhook = try WebhookField.target(fields, webhooks)
        resultLifetime = try Self.resultLifetime(fields)
    }

    func record(id: BatchID, tenant: TenantID, headers: ProviderHeaders, at now: Timestamp) -> BatchRecord {
        var batch = BatchRecord(
            id: id,
            tenant: tenant,
            endpoint: endpoint,
            inputFile: inputFile,
            completionWindow: window,
            createdAt: now,
            expiresAt: now.adding(duration),
            jobClass: jobClass,
            tags: tags,
            metadata: metadata,
            webhook: webhook,
            maxCost: maxCost
        )
        batch.resultLifetime = resultLifetime
        batch.headers = headers
        return batch
    }

    private static func resultLifetime(_ fields: JSONFields) throws -> Duration? {
        guard let expiry = try fields.fields("output_expires_after") else { return nil }
        guard try expiry.requiredText("anchor") == ExpiresAfter.anchor else {
            throw expiry.wrong("anchor", ExpiresAfter.anchor)
        }
        guard let seconds = try expiry.int("seconds", in: ExpiresAfter.range) else { throw expiry.missing("seconds") }
        return .seconds(seconds)
    }
}
