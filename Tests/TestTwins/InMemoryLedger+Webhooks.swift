package import Penstock

extension InMemoryLedger {
    package func insert(_ endpoint: WebhookEndpoint) async throws {
        try access { state in
            if state.webhookEndpoints[endpoint.id] == nil { state.webhookEndpoints[endpoint.id] = endpoint }
        }
    }

    package func webhookEndpoint(_ id: String) async throws -> WebhookEndpoint? {
        try access { $0.webhookEndpoints[id] }
    }

    package func replace(_ endpoint: WebhookEndpoint) async throws -> WebhookEndpoint? {
        try access { state in
            guard state.webhookEndpoints[endpoint.id]?.version == endpoint.version else { return nil }
            var stored = endpoint
            stored.version += 1
            state.webhookEndpoints[endpoint.id] = stored
            return stored
        }
    }

    package func deleteWebhookEndpoint(_ id: String) async throws -> Bool {
        try access { $0.webhookEndpoints.removeValue(forKey: id) != nil }
    }

    package func webhookEndpoints(of tenant: TenantID, after cursor: String?, limit: Int) async throws
        -> [WebhookEndpoint]
    {
        try access { state in
            let found = state.webhookEndpoints.values.filter { $0.tenant == tenant }.sorted { $0.id > $1.id }
            return Array(found.filter { endpoint in cursor.map { endpoint.id < $0 } ?? true }.prefix(limit))
        }
    }

    package func undispatchedEvents(limit: Int) async throws -> [WebhookEvent] {
        try access { Array($0.events.prefix(limit)) }
    }

    package func dispatch(_ events: [WebhookEvent], as deliveries: [WebhookDelivery]) async throws {
        try access { state in
            for delivery in deliveries where state.deliveries[delivery.id] == nil {
                state.deliveries[delivery.id] = delivery
            }
            state.events.removeAll { event in events.contains { $0.id == event.id } }
        }
    }

    package func dueDestinations(at now: Timestamp, after cursor: String?, limit: Int) async throws -> [String] {
        try access { state in
            let due = Set(state.deliveries.values.filter { $0.isDue(at: now) }.map(\.destination))
            return Array(due.sorted().filter { $0 > cursor ?? "" }.prefix(limit))
        }
    }

    package func leaseDeliveries(
        to destination: String,
        token: String,
        at now: Timestamp,
        until end: Timestamp,
        limit: Int
    ) async throws -> [WebhookDelivery] {
        try access { state in
            let due = state.deliveries.values.filter { $0.destination == destination && $0.isDue(at: now) }
            return due.sorted { $0.dueAt < $1.dueAt }.prefix(limit).map { delivery in
                var leased = delivery
                leased.leaseToken = token
                leased.dueAt = end
                state.deliveries[leased.id] = leased
                return leased
            }
        }
    }

    package func finish(_ delivery: WebhookDelivery) async throws -> Bool {
        try access { state in
            guard let stored = state.deliveries[delivery.id], stored.state == .pending,
                let token = stored.leaseToken, token == delivery.leaseToken
            else { return false }
            var ended = delivery
            ended.leaseToken = nil
            state.deliveries[delivery.id] = ended
            return true
        }
    }

    package func delivery(_ id: String) async throws -> WebhookDelivery? { try access { $0.deliveries[id] } }

    package func deliveries(of tenant: TenantID, _ filter: DeliveryFilter, after cursor: String?, limit: Int)
        async throws -> [WebhookDelivery]
    {
        try access { state in
            let found = state.deliveries.values.filter {
                $0.tenant == tenant && (filter.endpoint == nil || $0.endpoint == filter.endpoint)
                    && (filter.state == nil || $0.state == filter.state)
            }
            let sorted = found.sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
            let start = cursor.flatMap { id in sorted.firstIndex { $0.id == id } }.map { $0 + 1 } ?? 0
            return Array(sorted[start...].prefix(limit))
        }
    }

    package func replay(_ delivery: String, at now: Timestamp) async throws -> WebhookDelivery? {
        try access { state in
            if state.deliveries[delivery]?.leaseToken == nil {
                state.deliveries[delivery]?.state = .pending
                state.deliveries[delivery]?.attempts = 0
                state.deliveries[delivery]?.dueAt = now
            }
            return state.deliveries[delivery]
        }
    }

    package func failDeliveries(to destination: String, reason: String) async throws -> Int {
        try access { state in
            let pending = state.deliveries.values.filter { $0.destination == destination && $0.state == .pending }
            for delivery in pending {
                state.deliveries[delivery.id]?.state = .failed
                state.deliveries[delivery.id]?.lastError = reason
                state.deliveries[delivery.id]?.leaseToken = nil
            }
            return pending.count
        }
    }

    package func webhookBacklog(at now: Timestamp) async throws -> WebhookBacklog {
        try access { state in
            let due = state.deliveries.values.filter { $0.isDue(at: now) }
            return WebhookBacklog(events: state.events.count, due: due.count, oldestDueAt: due.map(\.dueAt).min())
        }
    }
}

extension WebhookDelivery {
    fileprivate func isDue(at now: Timestamp) -> Bool { state == .pending && dueAt <= now }
}
