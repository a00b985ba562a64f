import JSON
import Penstock

/// Reads the body of `POST /v1/responses` as the job that it asks for.
enum ResponseRequest {
    /// What is said to Penstock and not to the provider, which is called once and waited for.
    private static let own = ["background", "background_options", "webhook"]
    /// The member that names the response that a request goes on from.
    static let previous = "previous_response_id"
    /// The window of those who do not mind.
    private static let soonest = "soonest"

    /// - Parameters:
    ///   - fields: of the body.
    ///   - previous: the provider's name of the response that this one goes on from.
    /// - Throws: 400.
    static func read(
        _ body: [UInt8],
        _ fields: JSONFields,
        previous: String?,
        headerKey: String?,
        webhooks: WebhookRules,
        at now: Timestamp
    ) throws -> JobRequest {
        guard try fields.flag("background") == true else {
            throw APIError.badRequest(
                "Responses are made in the background here: send \"background\": true, and ask for the response by its id.",
                param: "background",
                code: "unsupported_parameter"
            )
        }
        let options = try JobOptions(metadata: try MetadataField.read(fields) ?? [])
        guard options.maxCost == nil else {
            throw APIError.badRequest("Only batches can be bounded.", param: "metadata.penstock_max_cost_usd")
        }
        let hasMetadata = fields.value("metadata") != nil
        return JobRequest(
            endpoint: .responses,
            body: try forwarded(body, previous: previous),
            inspected: try RequestInspector.inspect(fields.object, endpoint: .responses),
            jobClass: options.jobClass ?? .standard,
            deadline: try deadline(fields, at: now),
            tags: options.tags,
            metadata: hasMetadata ? Array(fields.value("metadata")?.rawBytes ?? []) : [],
            durability: .redis,
            idempotencyKey: headerKey,
            webhook: try WebhookField.target(fields, webhooks),
            queuesAnyway: false
        )
    }

    /// `background_options.completion_window`: how long the response may take.
    private static func deadline(_ fields: JSONFields, at now: Timestamp) throws -> Timestamp {
        let options = try fields.fields("background_options")
        guard let options, let window = try options.text("completion_window"), window != soonest else {
            return now.adding(DeadlineField.standard)
        }
        guard let duration = DurationText.parse(window) else {
            throw options.wrong(
                "completion_window",
                "\(soonest), or \(DurationText.allowed)",
                code: "invalid_completion_window"
            )
        }
        return now.adding(duration)
    }

    private static func forwarded(_ body: [UInt8], previous: String?) throws -> [UInt8] {
        let body = try own.reduce(body) { body, name in try JSONDocument(parsing: body).removingMember(name) }
        guard let previous else { return body }
        var name = JSONWriter()
        name.string(previous)
        return try JSONDocument(parsing: body).settingMember(Self.previous, to: name.bytes)
    }
}
