import Mongo
package import Penstock

extension MongoLedger {
    package func dueDestinations(at now: Timestamp, after cursor: String?, limit: Int) async throws -> [String] {
        guard limit > 0 else { return [] }
        return try await run { session in
            try session.aggregate(
                [
                    [
                        "$match": [
                            "state": "pending", "destination": ["$gt": .text(cursor ?? "")],
                            "due_ms": ["$lte": .time(now)],
                        ]
                    ],
                    ["$group": ["_id": "$destination"]],
                    ["$sort": ["_id": 1]],
                    ["$limit": .integer(limit)],
                ],
                in: MongoSchema.deliveries
            ) { fields in try fields.text("_id") }
        }
    }

    package func leaseDeliveries(
        to destination: String,
        token: String,
        at now: Timestamp,
        until end: Timestamp,
        limit: Int
    ) async throws -> [WebhookDelivery] {
        let isDue: Members = [
            ("destination", .text(destination)), ("state", "pending"), ("due_ms", ["$lte": .time(now)]),
        ]
        return try await run { session in
            let ids = try session.find(
                BSONDocument(isDue),
                in: MongoSchema.deliveries,
                fields: ["_id": 1],
                sort: ["due_ms": 1],
                limit: max(0, limit)
            ) { fields in try fields.text("_id") }
            guard !ids.isEmpty else { return [] }
            let chosen: (String, BSONValue?) = ("_id", ["$in": .texts(ids)])
            // Whoever comes second finds them due no longer.
            try session.updateMany(
                BSONDocument([chosen] + isDue),
                in: MongoSchema.deliveries,
                to: ["$set": ["lease": .text(token), "due_ms": .time(end)]]
            )
            let leased = try session.find(
                BSONDocument([chosen, ("lease", .text(token)), ("state", "pending")]),
                in: MongoSchema.deliveries,
                DeliveryDocument.read
            )
            let place = Dictionary(uniqueKeysWithValues: zip(ids, ids.indices))
            return leased.sorted { place[$0.id, default: 0] < place[$1.id, default: 0] }
        }
    }

    package func finish(_ delivery: WebhookDelivery) async throws -> Bool {
        guard let token = delivery.leaseToken else { return false }
        let progress = BSONDocument(DeliveryDocument.progress(of: delivery) + [("lease", .null)])
        return try await run { session in
            try session.updateOne(
                ["_id": .text(delivery.id), "lease": .text(token), "state": "pending"],
                in: MongoSchema.deliveries,
                to: ["$set": .document(progress)]
            )
        }
    }

    package func delivery(_ id: String) async throws -> WebhookDelivery? {
        try await run { session in
            try session.first(["_id": .text(id)], in: MongoSchema.deliveries, DeliveryDocument.read)
        }
    }

    package func deliveries(of tenant: TenantID, _ filter: DeliveryFilter, after cursor: String?, limit: Int)
        async throws -> [WebhookDelivery]
    {
        try await run { session in
            guard let start = try session.start(after: cursor, in: MongoSchema.deliveries) else { return [] }
            return try session.find(
                [
                    "tenant": .text(tenant.text), "sort_key": ["$lt": .text(start)],
                    "endpoint": filter.endpoint.map { .text($0) },
                    "state": filter.state.map { .text($0.rawValue) },
                ],
                in: MongoSchema.deliveries,
                sort: ["sort_key": -1],
                limit: max(0, limit),
                DeliveryDocument.read
            )
        }
    }

    package func replay(_ delivery: String, at now: Timestamp) async throws -> WebhookDelivery? {
        try await run { session in
            // `null` matches a member that is not there, too.
            _ = try session.updateOne(
                ["_id": .text(delivery), "lease": .null],
                in: MongoSchema.deliveries,
                to: ["$set": ["state": "pending", "attempts": 0, "due_ms": .time(now)]]
            )
            return try session.first(["_id": .text(delivery)], in: MongoSchema.deliveries, DeliveryDocument.read)
        }
    }

    package func failDeliveries(to destination: String, reason: String) async throws -> Int {
        try await run { session in
            try session.updateMany(
                ["destination": .text(destination), "state": "pending"],
                in: MongoSchema.deliveries,
                to: ["$set": ["state": "failed", "last_error": .text(reason), "lease": .null]]
            )
        }
    }
}

extension MongoLedger {
    package func webhookBacklog(at now: Timestamp) async throws -> WebhookBacklog {
        try await run { session in
            let events = try [MongoSchema.jobs, MongoSchema.batches].reduce(0) { sum, collection in
                try sum
                    + session.aggregate(
                        [["$match": ["webhook_due": true]], ["$group": ["_id": .null, "count": ["$sum": 1]]]],
                        in: collection
                    ) { fields in try fields.int("count") }.reduce(0, +)
            }
            let due = try session.aggregate(
                [
                    ["$match": ["state": "pending", "due_ms": ["$lte": .time(now)]]],
                    ["$group": ["_id": .null, "count": ["$sum": 1], "oldest": ["$min": "$due_ms"]]],
                ],
                in: MongoSchema.deliveries
            ) { fields in (count: try fields.int("count"), oldest: try fields.optionalTime("oldest")) }.first
            return WebhookBacklog(events: events, due: due?.count ?? 0, oldestDueAt: due?.oldest)
        }
    }
}

/// The collection `deliveries`.
enum DeliveryDocument {
    static func document(_ delivery: WebhookDelivery) -> BSONDocument {
        let message: Members = [
            ("_id", .text(delivery.id)), ("sort_key", .text(SortKey.of(delivery.id, at: delivery.createdAt))),
            ("tenant", .text(delivery.tenant.text)),
            ("type", .text(delivery.type.rawValue)), ("endpoint", delivery.endpoint.map { .text($0) }),
            ("destination", .text(delivery.destination)), ("body", .bytes(delivery.body)),
            ("created_ms", .time(delivery.createdAt)), ("lease", delivery.leaseToken.map { .text($0) }),
        ]
        return BSONDocument(message + JobFields.target(delivery.target) + progress(of: delivery))
    }

    /// What an attempt changes.
    static func progress(of delivery: WebhookDelivery) -> Members {
        [
            ("state", .text(delivery.state.rawValue)), ("attempts", .integer(delivery.attempts)),
            ("due_ms", .time(delivery.dueAt)),
            ("last_attempt_ms", delivery.lastAttemptAt.map { .time($0) } ?? .null),
            ("last_status", delivery.lastStatus.map { .integer($0) } ?? .null),
            ("last_error", delivery.lastError.map { .text($0) } ?? .null),
        ]
    }

    static func read(_ fields: borrowing BSONFields) throws -> WebhookDelivery {
        var delivery = WebhookDelivery(
            id: try fields.text("_id"),
            tenant: TenantID(trusted: try fields.text("tenant")),
            type: try fields.word("type", WebhookEventType.init(rawValue:)),
            endpoint: try fields.optionalText("endpoint"),
            target: try JobFields.target(fields),
            destination: try fields.text("destination"),
            body: try fields.bytes("body"),
            createdAt: try fields.time("created_ms"),
            dueAt: try fields.time("due_ms")
        )
        delivery.state = try fields.word("state", WebhookDelivery.State.init(rawValue:))
        delivery.attempts = try fields.int("attempts")
        delivery.lastAttemptAt = try fields.optionalTime("last_attempt_ms")
        delivery.lastStatus = try fields.optionalInt("last_status")
        delivery.lastError = try fields.optionalText("last_error")
        delivery.leaseToken = try fields.optionalText("lease")
        return delivery
    }
}
