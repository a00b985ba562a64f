import Mongo
package import Penstock

/// An event is a mark, `webhook_due`, on the document whose end it tells: it comes into being in the very write that
/// ends the job or the batch.
extension MongoLedger {
    package func undispatchedEvents(limit: Int) async throws -> [WebhookEvent] {
        let limit = max(0, limit)
        let events = try await run { session in
            try session.jobEvents(limit: limit) + session.batchEvents(limit: limit)
        }
        return Array(events.sorted { $0.createdAt < $1.createdAt }.prefix(limit))
    }

    package func dispatch(_ events: [WebhookEvent], as deliveries: [WebhookDelivery]) async throws {
        let documents = deliveries.map { DeliveryDocument.document($0) }
        let due: BSONDocument = [
            "_id": ["$in": .texts(events.map(\.subject))], "webhook_due": true,
        ]
        try await run { session in
            for refused in try session.insert(documents, into: MongoSchema.deliveries)
            where refused.error.kind != .duplicateKey { throw refused.error }
            guard !events.isEmpty else { return }
            for collection in [MongoSchema.jobs, MongoSchema.batches] {
                try session.updateMany(
                    due,
                    in: collection,
                    to: ["$unset": ["webhook_due": "", "webhook_url": "", "webhook_secret": ""]]
                )
            }
        }
    }
}

extension MongoSession {
    fileprivate func jobEvents(limit: Int) throws -> [WebhookEvent] {
        try find(
            ["webhook_due": true],
            in: MongoSchema.jobs,
            fields: [
                "tenant": 1, "state": 1, "finished_ms": 1, "webhook_type": 1, "webhook_url": 1, "webhook_secret": 1,
            ],
            sort: ["finished_ms": 1],
            limit: limit
        ) { fields in
            WebhookEvent(
                type: try type(fields),
                subject: try fields.text("_id"),
                tenant: TenantID(trusted: try fields.text("tenant")),
                createdAt: try fields.time("finished_ms"),
                target: try JobFields.target(fields)
            )
        }
    }

    /// Documents of earlier versions have only their state.
    private func type(_ fields: borrowing BSONFields) throws -> WebhookEventType {
        if let text = try fields.optionalText("webhook_type"), let type = WebhookEventType(rawValue: text) {
            return type
        }
        return WebhookEventType(try fields.word("state", TerminalState.init(rawValue:)))
    }

    fileprivate func batchEvents(limit: Int) throws -> [WebhookEvent] {
        try find(
            ["webhook_due": true],
            in: MongoSchema.batches,
            sort: ["ended_ms": 1],
            limit: limit
        ) { fields in WebhookEvent(try BatchFields.read(fields)) }.compactMap { $0 }
    }
}
