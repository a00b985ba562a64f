/// Who is told of an event. Everything in a delivery follows from the event and the receiver: an event that is fanned
/// out twice makes the same deliveries.
package enum WebhookFanOut {
    /// - Parameter endpoints: the endpoints of the event's tenant.
    package static func deliveries(of event: WebhookEvent, to endpoints: [WebhookEndpoint], at now: Timestamp)
        -> [WebhookDelivery]
    {
        let body = WebhookMessage.body(event)
        let interested = endpoints.filter { $0.disabledAt == nil && $0.eventTypes.contains(event.type) }
        var deliveries = interested.map { delivery(of: event, body, to: Receiver($0), at: now) }
        if let target = event.target {
            deliveries.append(delivery(of: event, body, to: Receiver(target, of: event.tenant), at: now))
        }
        return deliveries
    }

    private static func delivery(of event: WebhookEvent, _ body: [UInt8], to receiver: Receiver, at now: Timestamp)
        -> WebhookDelivery
    {
        WebhookDelivery(
            id: "wh_\(event.name)_\(receiver.suffix)",
            tenant: event.tenant,
            type: event.type,
            endpoint: receiver.endpoint,
            target: receiver.target,
            destination: receiver.destination,
            body: body,
            createdAt: event.createdAt,
            dueAt: now
        )
    }

    private struct Receiver {
        /// Ends the `webhook-id`, in which the signature allows no dot.
        let suffix: String
        let endpoint: String?
        let target: WebhookTarget?
        let destination: String

        init(_ endpoint: WebhookEndpoint) {
            suffix = String(endpoint.id.split(separator: "_").last ?? "")
            self.endpoint = endpoint.id
            target = nil
            destination = endpoint.destination
        }

        /// Targets at one server wait for each other, however many paths it has; those of other tenants do not.
        init(_ target: WebhookTarget, of tenant: TenantID) {
            suffix = "own"
            endpoint = nil
            self.target = target
            // What was accepted under other settings is told apart by its whole text.
            let origin = (try? WebhookURL(target.url, allowingHTTP: true))?.origin ?? target.url
            destination = "\(tenant) \(origin)"
        }
    }
}

extension WebhookEndpoint {
    /// What the endpoint's deliveries wait by; see `WebhookDelivery.destination`.
    package var destination: String { "\(tenant) \(id)" }
}
