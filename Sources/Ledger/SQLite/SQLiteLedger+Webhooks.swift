import GRDB
package import Penstock

extension SQLiteLedger {
    // MARK: Endpoints

    package func insert(_ endpoint: WebhookEndpoint) async throws {
        try await records.write { db in try db.change(EndpointTable.insert, EndpointTable.values(of: endpoint)) }
    }

    package func webhookEndpoint(_ id: String) async throws -> WebhookEndpoint? {
        try await records.read { db in
            try db.first(
                EndpointTable.select + " WHERE id = \(textArgument)",
                [.text(id)],
                from: EndpointTable.name,
                EndpointTable.read
            )
        }
    }

    package func replace(_ endpoint: WebhookEndpoint) async throws -> WebhookEndpoint? {
        let isReplaced = try await records.write { db in try EndpointTable.replace(endpoint, in: db) }
        guard isReplaced else { return nil }
        var stored = endpoint
        stored.version += 1
        return stored
    }

    package func deleteWebhookEndpoint(_ id: String) async throws -> Bool {
        try await records.write { db in
            try db.change("DELETE FROM webhook_endpoints WHERE id = \(textArgument)", [.text(id)]) > 0
        }
    }

    package func webhookEndpoints(of tenant: TenantID, after cursor: String?, limit: Int) async throws
        -> [WebhookEndpoint]
    {
        var query = ListQuery(EndpointTable.select + " WHERE tenant = \(textArgument)", .text(tenant.text))
        if let cursor { query.add(cursor: cursor, in: EndpointTable.name, newestFirst: true) }
        query.finish(newestFirst: true, limit: limit)
        return try await records.read { [query] db in
            try db.all(query.sql, query.arguments, from: EndpointTable.name, EndpointTable.read)
        }
    }

    // MARK: Events

    package func undispatchedEvents(limit: Int) async throws -> [WebhookEvent] {
        try await records.read { db in
            try db.all(EventTable.oldest, [.integer(max(0, limit))], from: EventTable.name, EventTable.read)
        }
    }

    package func dispatch(_ events: [WebhookEvent], as deliveries: [WebhookDelivery]) async throws {
        guard !events.isEmpty || !deliveries.isEmpty else { return }
        let bytes = deliveries.reduce(0) { $0 + 500 + $1.body.count }
        try await records.write(bytes: bytes) { db in
            for delivery in deliveries { try db.change(DeliveryTable.insert, DeliveryTable.values(of: delivery)) }
            for event in events { try EventTable.remove(event, in: db) }
        }
    }
}
