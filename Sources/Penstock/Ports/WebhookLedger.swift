/// Webhook endpoints, the events that wait to be dispatched to them, and their deliveries.
///
/// An event comes into being in the write that ends its subject, never by a call of its own: `JobLedger.record` and
/// `decide` keep one for a single job's row that won, `BatchLedger.replace` for a batch that ends by it. What is told
/// twice is told under the same name: repeating `dispatch` makes no second delivery.
package protocol WebhookLedger: Sendable {
    // MARK: Endpoints

    func insert(_ endpoint: WebhookEndpoint) async throws

    func webhookEndpoint(_ id: String) async throws -> WebhookEndpoint?

    /// Replaces an endpoint if its version still is `endpoint.version`; the stored version is one higher.
    ///
    /// - Returns: the record as stored, or nil when somebody else wrote in between or it is gone.
    func replace(_ endpoint: WebhookEndpoint) async throws -> WebhookEndpoint?

    /// - Returns: false when there was none.
    func deleteWebhookEndpoint(_ id: String) async throws -> Bool

    /// A tenant's endpoints, newest first, after (older than) `cursor`.
    func webhookEndpoints(of tenant: TenantID, after cursor: String?, limit: Int) async throws -> [WebhookEndpoint]

    // MARK: Events

    /// Events that nobody has dispatched, about the oldest first.
    func undispatchedEvents(limit: Int) async throws -> [WebhookEvent]

    /// Puts the deliveries that are absent and forgets the events. A crash in between repeats harmlessly.
    func dispatch(_ events: [WebhookEvent], as deliveries: [WebhookDelivery]) async throws

    // MARK: Deliveries

    /// Destinations with a pending delivery that is due, in the order of their names, after `cursor`: who asks page by
    /// page passes none over, however many the receivers are that let themselves be waited for.
    func dueDestinations(at now: Timestamp, after cursor: String?, limit: Int) async throws -> [String]

    /// Takes due deliveries to one destination, earliest first, and makes them due again at `end`: whoever dies with
    /// them loses none. Two couriers never get the same one.
    ///
    /// - Returns: the deliveries as stored, `dueAt` being `end` and `leaseToken` being `token`.
    func leaseDeliveries(
        to destination: String,
        token: String,
        at now: Timestamp,
        until end: Timestamp,
        limit: Int
    ) async throws -> [WebhookDelivery]

    /// Writes what an attempt came to (`state`, `attempts`, `dueAt` and the `last…` fields) and ends the lease.
    ///
    /// - Returns: false when the lease was lost to another courier or the delivery has ended; nothing changed.
    func finish(_ delivery: WebhookDelivery) async throws -> Bool

    func delivery(_ id: String) async throws -> WebhookDelivery?

    /// A tenant's deliveries, newest first, after (older than) `cursor`.
    func deliveries(of tenant: TenantID, _ filter: DeliveryFilter, after cursor: String?, limit: Int) async throws
        -> [WebhookDelivery]

    /// Makes a delivery that has ended due at once, under the same id and with the same body, its attempts counted anew.
    /// One that is pending is only due at once, unless it is being sent.
    ///
    /// - Returns: the delivery as stored; nil when there is none.
    func replay(_ delivery: String, at now: Timestamp) async throws -> WebhookDelivery?

    /// Ends pending deliveries to a destination that is gone as failed, leased ones too, with `reason` as the last error.
    ///
    /// - Returns: how many.
    func failDeliveries(to destination: String, reason: String) async throws -> Int

    /// What waits, for metrics.
    func webhookBacklog(at now: Timestamp) async throws -> WebhookBacklog
}

/// Which deliveries a listing has; nil is any.
package struct DeliveryFilter: Sendable, Equatable {
    /// Of a registered endpoint.
    package var endpoint: String?
    package var state: WebhookDelivery.State?

    package init(endpoint: String? = nil, state: WebhookDelivery.State? = nil) {
        self.endpoint = endpoint
        self.state = state
    }
}

/// How much waits to be sent.
package struct WebhookBacklog: Sendable, Equatable {
    /// Events that nobody has dispatched.
    package var events: Int
    /// Pending deliveries that are due.
    package var due: Int
    /// When the one that has been due for longest fell due.
    package var oldestDueAt: Timestamp?

    package init(events: Int, due: Int, oldestDueAt: Timestamp?) {
        self.events = events
        self.due = due
        self.oldestDueAt = oldestDueAt
    }
}

extension WebhookLedger {
    /// All endpoints of a tenant, disabled ones too.
    package func allWebhookEndpoints(of tenant: TenantID) async throws -> [WebhookEndpoint] {
        // More than any setting allows.
        try await webhookEndpoints(of: tenant, after: nil, limit: 10_000)
    }
}
