import GRDB
package import Penstock

extension SQLiteLedger {
    /// Deliveries that one commit may fail: a long backlog must not keep the other writers waiting.
    private static let failuresAtOnce = 500

    package func dueDestinations(at now: Timestamp, after cursor: String?, limit: Int) async throws -> [String] {
        let arguments: [DatabaseValue] = [.text(cursor ?? ""), .time(now), .integer(max(0, limit))]
        return try await records.read { db in
            try db.all(DeliveryTable.dueDestinations, arguments, from: DeliveryTable.name) { row in try row.text() }
        }
    }

    package func leaseDeliveries(
        to destination: String,
        token: String,
        at now: Timestamp,
        until end: Timestamp,
        limit: Int
    ) async throws -> [WebhookDelivery] {
        let arguments: [DatabaseValue] = [.text(destination), .time(now), .integer(max(0, limit))]
        return try await records.write { db in
            var due = try db.all(DeliveryTable.due, arguments, from: DeliveryTable.name, DeliveryTable.read)
            for place in due.indices {
                try db.change(DeliveryTable.lease, [.text(token), .time(end), .text(due[place].id)])
                due[place].leaseToken = token
                due[place].dueAt = end
            }
            return due
        }
    }

    package func finish(_ delivery: WebhookDelivery) async throws -> Bool {
        try await records.write { db in
            try db.change(DeliveryTable.finish, DeliveryTable.outcome(of: delivery)) > 0
        }
    }

    package func delivery(_ id: String) async throws -> WebhookDelivery? {
        try await records.read { db in
            try db.first(
                DeliveryTable.select + " WHERE id = \(textArgument)",
                [.text(id)],
                from: DeliveryTable.name,
                DeliveryTable.read
            )
        }
    }

    package func deliveries(of tenant: TenantID, _ filter: DeliveryFilter, after cursor: String?, limit: Int)
        async throws -> [WebhookDelivery]
    {
        var query = ListQuery(DeliveryTable.select + " WHERE tenant = \(textArgument)", .text(tenant.text))
        if let endpoint = filter.endpoint { query.add("endpoint = \(textArgument)", .text(endpoint)) }
        if let state = filter.state { query.add("state = \(textArgument)", .text(state.rawValue)) }
        if let cursor { query.add(cursor: cursor, in: DeliveryTable.name, newestFirst: true) }
        query.finish(newestFirst: true, limit: limit)
        return try await records.read { [query] db in
            try db.all(query.sql, query.arguments, from: DeliveryTable.name, DeliveryTable.read)
        }
    }

    package func replay(_ delivery: String, at now: Timestamp) async throws -> WebhookDelivery? {
        try await records.write { db in try db.change(DeliveryTable.replay, [.time(now), .text(delivery)]) }
        return try await self.delivery(delivery)
    }

    package func failDeliveries(to destination: String, reason: String) async throws -> Int {
        let arguments: [DatabaseValue] = [.text(reason), .text(destination), .integer(Self.failuresAtOnce)]
        var failed = 0
        while true {
            let now = try await records.write { db in try db.change(DeliveryTable.fail, arguments) }
            failed += now
            if now < Self.failuresAtOnce { return failed }
        }
    }

    package func webhookBacklog(at now: Timestamp) async throws -> WebhookBacklog {
        try await records.read { db in
            let events = try db.first("SELECT COUNT(*) FROM events", [], from: EventTable.name) { row in
                try row.int()
            }
            let due = try db.first(DeliveryTable.backlog, [.time(now)], from: DeliveryTable.name) { row in
                (count: try row.int(), oldest: try row.optionalTime())
            }
            return WebhookBacklog(events: events ?? 0, due: due?.count ?? 0, oldestDueAt: due?.oldest)
        }
    }
}
