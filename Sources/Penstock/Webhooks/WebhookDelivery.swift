/// One message to one receiver: what is sent, again and again until it is taken or given up.
package struct WebhookDelivery: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case pending, delivered, failed
    }

    /// The header `webhook-id`, the same on every attempt. It follows from the event and the receiver, so that an
    /// event that is dispatched twice makes one delivery.
    package var id: String
    package var tenant: TenantID
    package var type: WebhookEventType
    /// The registered endpoint; nil when `target` was given with the batch or the job.
    package var endpoint: String?
    package var target: WebhookTarget?
    /// Whoever receives: deliveries to one destination wait for each other, never for another's.
    package var destination: String
    /// The JSON that is sent, byte-identical on every attempt.
    package var body: [UInt8]
    package var createdAt: Timestamp
    package var state: State = .pending
    /// Attempts that ended.
    package var attempts = 0
    /// When the next attempt may start; while it is leased, when the lease ends.
    package var dueAt: Timestamp
    package var lastAttemptAt: Timestamp?
    /// The receiver's last status; nil when it gave none.
    package var lastStatus: Int?
    /// Why the last attempt failed, without the receiver's body.
    package var lastError: String?
    /// The courier that has it now; nil when nobody does.
    package var leaseToken: String?

    /// Whose destination this is: its name begins with the tenant's, in which there is no space.
    package static func tenant(of destination: String) -> TenantID {
        TenantID(trusted: String(destination.prefix { $0 != " " }))
    }

    package init(
        id: String,
        tenant: TenantID,
        type: WebhookEventType,
        endpoint: String?,
        target: WebhookTarget?,
        destination: String,
        body: [UInt8],
        createdAt: Timestamp,
        dueAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.type = type
        self.endpoint = endpoint
        self.target = target
        self.destination = destination
        self.body = body
        self.createdAt = createdAt
        self.dueAt = dueAt
    }
}
