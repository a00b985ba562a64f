import Penstock

extension Sample {
    static let target = WebhookTarget(url: "https://example.com/one?k=ä", secret: Secret("whsec_b25l"))

    static func endpoint(
        _ name: String = "first",
        at milliseconds: Int64 = 0,
        tenant: TenantID = tenant
    ) -> WebhookEndpoint {
        WebhookEndpoint(
            id: IDGenerator.named("whe_", at: time(milliseconds)),
            tenant: tenant,
            name: name,
            url: "https://example.com/hook",
            eventTypes: [.batchCompleted, .jobFailed],
            secret: Secret("whsec_c2VjcmV0"),
            createdAt: time(milliseconds)
        )
    }

    static func event(_ subject: String, at milliseconds: Int64 = 0) -> WebhookEvent {
        WebhookEvent(
            type: .jobSucceeded,
            subject: subject,
            tenant: tenant,
            createdAt: time(milliseconds),
            target: nil
        )
    }

    static func delivery(_ id: String, to destination: String = "whe_1", dueAt milliseconds: Int64 = 0)
        -> WebhookDelivery
    {
        WebhookDelivery(
            id: id,
            tenant: tenant,
            type: .jobSucceeded,
            endpoint: destination,
            target: nil,
            destination: destination,
            body: Array(#"{"id":"evt_1"}"#.utf8),
            createdAt: start,
            dueAt: time(milliseconds)
        )
    }
}
