import Mongo
package import Penstock

extension MongoLedger {
    package func insert(_ endpoint: WebhookEndpoint) async throws {
        try await run { session in
            try session.insertNew(EndpointDocument.document(endpoint), into: MongoSchema.webhookEndpoints)
        }
    }

    package func webhookEndpoint(_ id: String) async throws -> WebhookEndpoint? {
        try await run { session in
            try session.first(["_id": .text(id)], in: MongoSchema.webhookEndpoints, EndpointDocument.read)
        }
    }

    package func replace(_ endpoint: WebhookEndpoint) async throws -> WebhookEndpoint? {
        var stored = endpoint
        stored.version += 1
        let current: BSONDocument = ["_id": .text(endpoint.id), "version": .integer(endpoint.version)]
        let document = EndpointDocument.document(stored)
        let isReplaced = try await run { session in
            try session.replaceOne(current, in: MongoSchema.webhookEndpoints, with: document)
        }
        return isReplaced ? stored : nil
    }

    package func deleteWebhookEndpoint(_ id: String) async throws -> Bool {
        try await run { session in
            try session.deleteMany(["_id": .text(id)], in: MongoSchema.webhookEndpoints) > 0
        }
    }

    package func webhookEndpoints(of tenant: TenantID, after cursor: String?, limit: Int) async throws
        -> [WebhookEndpoint]
    {
        try await run { session in
            guard let start = try session.start(after: cursor, in: MongoSchema.webhookEndpoints) else { return [] }
            return try session.find(
                ["tenant": .text(tenant.text), "sort_key": ["$lt": .text(start)]],
                in: MongoSchema.webhookEndpoints,
                sort: ["sort_key": -1],
                limit: max(0, limit),
                EndpointDocument.read
            )
        }
    }
}

/// The collection `webhook_endpoints`.
private enum EndpointDocument {
    static func document(_ endpoint: WebhookEndpoint) -> BSONDocument {
        [
            "_id": .text(endpoint.id), "sort_key": .text(SortKey.of(endpoint.id, at: endpoint.createdAt)),
            "tenant": .text(endpoint.tenant.text), "name": .text(endpoint.name), "url": .text(endpoint.url),
            "event_types": .texts(endpoint.eventTypes.map(\.rawValue).sorted()),
            "secret": .text(endpoint.secret.revealed),
            "previous_secret": endpoint.previousSecret.map { .text($0.revealed) },
            "previous_until_ms": endpoint.previousSecretUntil.map { .time($0) },
            "created_ms": .time(endpoint.createdAt), "updated_ms": .time(endpoint.updatedAt),
            "disabled_ms": endpoint.disabledAt.map { .time($0) },
            "disabled_reason": endpoint.disabledReason.map { .text($0.rawValue) },
            "failing_since_ms": endpoint.failingSince.map { .time($0) }, "version": .integer(endpoint.version),
        ]
    }

    static func read(_ fields: borrowing BSONFields) throws -> WebhookEndpoint {
        // A type that this version does not know, written by a newer one, cannot occur here.
        let types = try fields.texts("event_types").compactMap(WebhookEventType.init(rawValue:))
        var endpoint = WebhookEndpoint(
            id: try fields.text("_id"),
            tenant: TenantID(trusted: try fields.text("tenant")),
            name: try fields.text("name"),
            url: try fields.text("url"),
            eventTypes: Set(types),
            secret: Secret(try fields.text("secret")),
            createdAt: try fields.time("created_ms")
        )
        endpoint.updatedAt = try fields.time("updated_ms")
        endpoint.previousSecret = try fields.optionalText("previous_secret").map { Secret($0) }
        endpoint.previousSecretUntil = try fields.optionalTime("previous_until_ms")
        endpoint.disabledAt = try fields.optionalTime("disabled_ms")
        endpoint.disabledReason = try fields.optionalText("disabled_reason")
            .flatMap(WebhookEndpoint.DisabledReason.init(rawValue:))
        endpoint.failingSince = try fields.optionalTime("failing_since_ms")
        endpoint.version = try fields.integer("version")
        return endpoint
    }
}
