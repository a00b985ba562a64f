/// Where a tenant wants to be told about its batches and jobs.
package struct WebhookEndpoint: Sendable, Equatable {
    /// `whe_…`
    package var id: String
    package var tenant: TenantID
    package var name: String
    package var url: String
    package var eventTypes: Set<WebhookEventType>
    /// `whsec_…`: signs every delivery.
    package var secret: Secret
    /// Signs beside `secret` until `previousSecretUntil`, after a rotation with an overlap.
    package var previousSecret: Secret?
    package var previousSecretUntil: Timestamp?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    /// Set when the receiver said that it is gone for good (410); nothing is sent any more.
    package var disabledAt: Timestamp?
    /// Grows by one with every write.
    package var version: Int64 = 0

    package init(
        id: String,
        tenant: TenantID,
        name: String,
        url: String,
        eventTypes: Set<WebhookEventType>,
        secret: Secret,
        createdAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.url = url
        self.eventTypes = eventTypes
        self.secret = secret
        self.createdAt = createdAt
        self.updatedAt = createdAt
    }

    /// The secrets that sign at `now`, the newest first.
    package func secrets(at now: Timestamp) -> [Secret] {
        guard let previousSecret, let previousSecretUntil, now < previousSecretUntil else { return [secret] }
        return [secret, previousSecret]
    }
}
