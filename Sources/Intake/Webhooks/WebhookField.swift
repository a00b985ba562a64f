import JSON
import Penstock

/// Reads what callers say about webhooks.
enum WebhookField {
    private static let known = ["url", "secret"]

    /// The member `webhook` of a job or a batch: `{"url": …, "secret": …}`.
    ///
    /// - Throws: 400, also when the settings do not allow it: silently not being told would be worse.
    static func target(_ fields: JSONFields, _ rules: WebhookRules) throws -> WebhookTarget? {
        guard let webhook = try fields.fields("webhook") else { return nil }
        guard rules.allowsOwnTargets else {
            throw APIError.badRequest(
                "Webhooks of single jobs and batches are switched off here (setting webhooks.allow_per_job_urls). "
                    + "Register an endpoint: POST /v1/webhook_endpoints.",
                param: "webhook",
                code: "webhook_not_allowed"
            )
        }
        try webhook.allowOnly(known)
        let secret = Secret(try webhook.requiredText("secret"))
        guard WebhookSecret.key(of: secret) != nil else {
            throw webhook.wrong("secret", WebhookSecret.allowed, code: "invalid_secret")
        }
        return WebhookTarget(url: try url(webhook, rules), secret: secret)
    }

    static func url(_ fields: JSONFields, _ rules: WebhookRules) throws -> String {
        let text = try fields.requiredText("url", length: 1...4096)
        do {
            return try WebhookURL(text, allowingHTTP: rules.allowsHTTP).text
        } catch {
            throw fields.wrong("url", error.allowed, code: "invalid_url")
        }
    }

    static func name(_ fields: JSONFields) throws -> String { try fields.requiredText("name", length: 1...256) }

    static func eventTypes(_ fields: JSONFields) throws -> Set<WebhookEventType> {
        guard let value = fields.value("event_types") else { throw fields.missing("event_types") }
        let types = value.elements.compactMap { $0.string.flatMap(WebhookEventType.init(rawValue:)) }
        guard value.kind == .array, !types.isEmpty, types.count == value.count else {
            throw fields.wrong(
                "event_types",
                "a list with at least one of " + WebhookEventType.allCases.map(\.rawValue).joined(separator: ", "),
                code: "invalid_event_type"
            )
        }
        return Set(types)
    }
}
