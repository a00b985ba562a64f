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

    /// How long the old secret signs beside a new one.
    private static let overlap = Duration.seconds(24 * 3600)
    /// SDKs repeat a request whose answer they did not get, within minutes.
    private static let repeatTime = Duration.seconds(600)

    /// The endpoint under a new secret, the old one valid for another 24 hours. A rotation that follows another within
    /// ten minutes is taken for its repetition: nobody got to know the secret in between, so the one before it stays.
    package mutating func rotate(to secret: Secret, at now: Timestamp) {
        let end = now.adding(Self.overlap)
        let isRepeated = previousSecretUntil.map { $0.adding(Self.repeatTime) > end } ?? false
        if !isRepeated {
            previousSecret = self.secret
            previousSecretUntil = end
        }
        self.secret = secret
    }

    /// The endpoint under a new secret, the old one void.
    package mutating func replaceSecret(by secret: Secret) {
        self.secret = secret
        previousSecret = nil
        previousSecretUntil = nil
    }

    /// The secrets that sign at `now`, the newest first.
    package func secrets(at now: Timestamp) -> [Secret] {
        guard let previousSecret, let previousSecretUntil, now < previousSecretUntil else { return [secret] }
        return [secret, previousSecret]
    }
}
