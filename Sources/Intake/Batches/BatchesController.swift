import Hummingbird
import JSON
import Penstock

/// `/v1/batches`.
struct BatchesController: Sendable {
    let ledger: any Ledger
    let topology: Topology
    let creations: Creations
    let quotas: QuotaKeeper
    let progress: BatchProgress
    let webhooks: WebhookRules
    let providerHeaders: ProviderHeaderReader
    let maxBodyBytes: Int
    let clock: WallClock
    let metrics: IntakeMetrics
    /// Event streams that are open.
    let streams: TenantPlaces

    func addRoutes(to section: RouteSection<AuthenticatedContext>) {
        section.on(.post, "/v1/batches", use: create)
        section.on(.get, "/v1/batches", use: list)
        section.on(.get, "/v1/batches/{id}", use: retrieve)
        section.on(.get, "/v1/batches/{id}/eta", use: forecast)
        section.on(.get, "/v1/batches/{id}/events", use: events)
        section.on(.patch, "/v1/batches/{id}", use: change)
        section.on(.post, "/v1/batches/{id}/cancel", use: cancel)
        section.on(.post, "/v1/batches/{id}/pause", use: pause)
        section.on(.post, "/v1/batches/{id}/resume", use: resume)
    }

    @Sendable
    private func create(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let key = try IdempotencyKeyHeader.read(request.headers)
        let body = try await context.body.collect(upTo: maxBodyBytes)
        let order = try BatchRequest(body, webhooks: webhooks)
        try context.caller.require(order.jobClass, param: "metadata.penstock_class")
        if order.maxCost != nil { try topology.requirePrices() }
        let headers = try providerHeaders.read(request.headers, for: order.endpoint, context.exchange)
        try await checkInput(order.inputFile, of: context.tenant)
        let now = clock.now()
        let place = try await creations.place(
            "batch",
            key: key,
            headers: request.headers,
            of: context.tenant,
            fresh: IDGenerator.batch(at: now).text,
            hash: headers.hash(with: hexadecimalSHA256(body)),
            exchange: context.exchange
        )
        let id = BatchID(place.id)
        if place.mayExist, let batch = try await ledger.batch(id) { return try await response(batch) }
        try await quotas.checkBatch(of: context.tenant)
        let batch = order.record(id: id, tenant: context.tenant, headers: headers, at: now)
        try await ledger.insert(batch)
        metrics.createdBatch()
        return try await response(batch)
    }

    @Sendable
    private func list(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let query = try Query(request.uri.query)
        let limit = try query.int("limit", in: 1...100, default: 20)
        let found = try await ledger.batches(
            of: context.tenant,
            after: try query.cursor().map(BatchID.init),
            limit: limit + 1
        )
        let page = ListPage(found, limit: limit)
        var summaries: [BatchID: BatchSummary] = [:]
        for batch in page.elements { summaries[batch.id] = try await progress.summary(of: batch) }
        return .list(page, id: \.id.text) { batch, writer in
            if let summary = summaries[batch.id] { BatchObject.write(batch, summary, to: &writer) }
        }
    }

    @Sendable
    private func retrieve(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        try await response(try await find(context))
    }

    @Sendable
    private func forecast(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let batch = try await find(context)
        let summary = try await progress.summary(of: batch)
        let now = clock.now()
        let forecast = BatchForecast(batch, summary.counts, at: now)
        return .json { forecast.write(of: batch, at: now, to: &$0) }
    }

    /// Tells of every change of state and counts, until the end.
    @Sendable
    private func events(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let id = BatchID(try context.pathParameter("id"))
        let tenant = context.tenant
        let stream = try EventStream(streams, for: context, lastID: request.headers[.lastEventID]) {
            let batch = try await BatchOrders(ledger: ledger).find(id, of: tenant)
            let summary = try await progress.summary(of: batch)
            var writer = JSONWriter()
            BatchObject.write(batch, summary, to: &writer)
            let counts = summary.counts
            return EventStream.Event(
                id: "\(batch.state.rawValue)-\(batch.total)-\(counts.succeeded)-\(counts.unsuccessful)"
                    + (batch.pausedAt == nil ? "" : "-paused"),
                name: "batch",
                data: writer.bytes,
                isLast: batch.state.isTerminal
            )
        }
        return try await stream.response()
    }

    @Sendable
    private func cancel(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        try await order(context, refusal: "batch_already_finished") { $0.cancel(at: clock.now()) }
    }

    @Sendable
    private func pause(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        try await order(context, refusal: "batch_finished") { $0.pause(at: clock.now()) }
    }

    @Sendable
    private func resume(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        try await order(context, refusal: "batch_finished") { $0.resume() }
    }

    /// Changes class and deadline of everything that has not started.
    @Sendable
    private func change(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let change = try ChangeFields.read(try await context.body.collect(upTo: maxBodyBytes), at: clock.now())
        if let jobClass = change.jobClass { try context.caller.require(jobClass, param: "class") }
        return try await order(context, refusal: "batch_finished") { $0.change(change) }
    }

    /// - Parameter change: answers false when it is too late.
    private func order(_ context: AuthenticatedContext, refusal: String, _ change: (inout BatchRecord) -> Bool)
        async throws -> Response
    {
        let id = BatchID(try context.pathParameter("id"))
        switch try await BatchOrders(ledger: ledger).apply(to: id, of: context.tenant, change) {
        case .done(let batch): return try await response(batch)
        case .tooLate(let state):
            throw APIError(.conflict, code: refusal, "The batch is \(state.rawValue) already.")
        }
    }

    private func find(_ context: AuthenticatedContext) async throws -> BatchRecord {
        try await BatchOrders(ledger: ledger).find(BatchID(try context.pathParameter("id")), of: context.tenant)
    }

    private func checkInput(_ id: FileID, of tenant: TenantID) async throws {
        guard let file = try await ledger.file(id), file.tenant == tenant, !file.isExpired(at: clock.now()) else {
            throw APIError.badRequest("No such file.", param: "input_file_id", code: "file_not_found")
        }
        guard file.purpose == .batch else {
            throw APIError.badRequest(
                "The file's purpose must be batch.",
                param: "input_file_id",
                code: "invalid_purpose"
            )
        }
    }

    private func response(_ batch: BatchRecord) async throws -> Response {
        let summary = try await progress.summary(of: batch)
        return .json { BatchObject.write(batch, summary, to: &$0) }
    }
}

extension Topology {
    /// Which pools a batch needs is known once its file is validated; without any price no bound can be kept.
    ///
    /// - Throws: 400.
    func requirePrices() throws {
        guard !pools.contains(where: \.isPriced) else { return }
        throw APIError.badRequest(
            "No model here has a price, so what a batch costs cannot be bounded.",
            param: "metadata.penstock_max_cost_usd",
            code: "no_price"
        )
    }
}
