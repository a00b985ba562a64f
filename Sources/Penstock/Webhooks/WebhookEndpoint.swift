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
    /// Since when nothing is sent any more.
    package var disabledAt: Timestamp?
    package var disabledReason: DisabledReason?
    /// When the first of the attempts failed that have all failed since; nil while it takes what it gets.
    package var failingSince: Timestamp?
    /// Grows by one with every write.
    package var version: Int64 = 0

    package enum DisabledReason: String, Sendable, CaseIterable {
        /// The receiver answered 410: it is gone for good.
        case gone
        /// Every attempt failed for long.
        case failing
    }

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

    /// The endpoint as one that is sent nothing any more.
    package mutating func disable(_ reason: DisabledReason, at now: Timestamp) {
        disabledAt = now
        disabledReason = reason
    }

    /// The endpoint as its owner brought it back.
    package mutating func enable() {
        disabledAt = nil
        disabledReason = nil
        failingSince = nil
    }

    /// The endpoint after an attempt that it did not take.
    ///
    /// - Parameter patience: how long it may take nothing.
    package mutating func noteFailure(at now: Timestamp, patience: Duration) {
        guard let failingSince else {
            failingSince = now
            return
        }
        if now.since(failingSince) >= patience { disable(.failing, at: now) }
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
