import Hummingbird
import JSON
import Penstock

/// `/v1/messages/batches`: Anthropic's Message Batches.
struct MessageBatchesController: Sendable {
    let ledger: any Ledger
    let topology: Topology
    let creations: Creations
    let quotas: QuotaKeeper
    let webhooks: WebhookRules
    let providerHeaders: ProviderHeaderReader
    let limits: BatchLimits
    let clock: WallClock
    let metrics: IntakeMetrics

    func addRoutes(to section: RouteSection<AuthenticatedContext>) {
        section.on(.post, "/v1/messages/batches", use: create)
        section.on(.get, "/v1/messages/batches", use: list)
        section.on(.get, "/v1/messages/batches/{id}", use: retrieve)
        section.on(.delete, "/v1/messages/batches/{id}", use: delete)
        section.on(.post, "/v1/messages/batches/{id}/cancel", use: cancel)
        section.on(.get, "/v1/messages/batches/{id}/results", use: results)
    }

    @Sendable
    private func create(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let key = try IdempotencyKeyHeader.read(request.headers)
        let isHashed = key != nil || RepetitionHeader.read(request.headers) != nil
        let headers = try providerHeaders.read(request.headers, for: .messages, context.exchange)
        let room = try await quotas.room(of: context.tenant, declared: context.body.declaredLength)
        let now = clock.now()
        let file = IDGenerator.file(at: now)
        var upload = MessageBatchUpload(file, to: ledger, limits: limits, room: room, isHashed: isHashed, at: now) {
            model in
            try providerHeaders.check(headers, of: model, at: .messages, context.exchange)
        }
        return try await ledger.receiving(file) {
            let received = try await upload.receive(from: context.body)
            let order = try MessageBatchRequest(received.options, webhooks: webhooks)
            try context.caller.require(order.jobClass, param: "metadata.penstock_class")
            if order.options.maxCost != nil { try topology.requirePrices() }
            let place = try await creations.place(
                "message_batch",
                key: key,
                headers: request.headers,
                of: context.tenant,
                fresh: IDGenerator.batch(at: now).text,
                hash: received.hash.map(headers.hash) ?? "",
                exchange: context.exchange
            )
            let id = BatchID(place.id)
            if place.mayExist, let batch = try await ledger.batch(id) {
                return (Self.response(batch), isKept: batch.inputFile == file)
            }
            try await quotas.checkBatch(of: context.tenant)
            let batch = order.record(
                id: id,
                tenant: context.tenant,
                inputFile: file,
                requests: received.requests,
                headers: headers,
                at: now
            )
            try await ledger.insert(inputFile(of: batch, bytes: received.bytes, at: now))
            try await ledger.insert(batch)
            metrics.createdBatch()
            return (Self.response(batch), isKept: true)
        }
    }

    /// Kept as long as an uploaded one.
    private func inputFile(of batch: BatchRecord, bytes: Int, at now: Timestamp) -> FileRecord {
        FileRecord(
            id: batch.inputFile,
            tenant: batch.tenant,
            filename: "\(MessageBatchID.text(of: batch.id)).jsonl",
            purpose: .batch,
            bytes: Int64(bytes),
            createdAt: now,
            expiresAt: now.adding(ExpiresAfter.standard),
            content: .chunks
        )
    }

    @Sendable
    private func list(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let query = try Query(request.uri.query)
        let limit = try query.int("limit", in: 1...1000, default: 20)
        let place = try Self.page(query)
        let found = try await ledger.messageBatches(of: context.tenant, place, limit: limit + 1)
        // Read towards newer ones, the one too much stands in front.
        let isBackwards = if case .before = place { true } else { false }
        let batches = isBackwards ? found.suffix(limit) : found.prefix(limit)
        return .json { writer in
            writer.object { writer in
                writer.key("data")
                writer.array { writer in
                    for batch in batches { MessageBatchObject.write(batch, to: &writer) }
                }
                writer.member("has_more", found.count > limit)
                writer.member("first_id", batches.first.map { MessageBatchID.text(of: $0.id) })
                writer.member("last_id", batches.last.map { MessageBatchID.text(of: $0.id) })
            }
        }
    }

    private static func page(_ query: Query) throws -> BatchPage {
        switch (try query["after_id"], try query["before_id"]) {
        case (nil, nil): return .newest
        case (let after?, nil): return .after(MessageBatchID.parse(after))
        case (nil, let before?): return .before(MessageBatchID.parse(before))
        case (_?, _?): throw APIError.badRequest("Give one of `after_id` and `before_id`.", param: "before_id")
        }
    }

    @Sendable
    private func retrieve(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        Self.response(try await find(context))
    }

    /// Cancelling what is being cancelled, or has ended so, is fine.
    @Sendable
    private func cancel(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let batch = try await find(context)
        let orders = BatchOrders(ledger: ledger)
        switch try await orders.apply(to: batch.id, of: context.tenant, { $0.cancel(at: clock.now()) }) {
        case .done(let batch): return Self.response(batch)
        case .tooLate: throw APIError.badRequest("The batch has ended already.", param: nil, code: "batch_finished")
        }
    }

    @Sendable
    private func delete(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let batch = try await find(context)
        guard batch.state.isTerminal else {
            throw APIError.badRequest(
                "The batch has not ended. Cancel it, or wait for its end.",
                param: nil,
                code: "batch_not_finished"
            )
        }
        try await ledger.delete(batch)
        _ = try await ledger.delete(batch.inputFile)
        return .json { writer in
            writer.object { writer in
                writer.member("id", MessageBatchID.text(of: batch.id))
                writer.member("type", "message_batch_deleted")
            }
        }
    }

    @Sendable
    private func results(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let batch = try await find(context)
        guard batch.state.isTerminal else {
            throw APIError.badRequest(
                "The batch has not ended: its results come with its end.",
                param: nil,
                code: "batch_not_finished"
            )
        }
        return try MessageResults(ledger: ledger).response(batch.id, context)
    }

    /// - Throws: 404, also for another tenant's batch and one that was not made here.
    private func find(_ context: AuthenticatedContext) async throws -> BatchRecord {
        let id = MessageBatchID.parse(try context.pathParameter("id"))
        let batch = try await BatchOrders(ledger: ledger).find(id, of: context.tenant)
        guard batch.dialect == .anthropic else { throw APIError.notFound("batch") }
        return batch
    }

    private static func response(_ batch: BatchRecord) -> Response {
        .json { MessageBatchObject.write(batch, to: &$0) }
    }
}
