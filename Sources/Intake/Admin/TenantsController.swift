import Hummingbird
import JSON
import Penstock
import Telemetry

/// `/v1/admin/tenants`.
struct TenantsController: Sendable {
    let ledger: any TenantLedger
    let queues: [any JobQueue]
    let backlog: BacklogCancellation
    let maxBodyBytes: Int
    let clock: WallClock

    func addRoutes(to section: RouteSection<AdminContext>) {
        section.on(.get, "/v1/admin/tenants", use: list)
        section.on(.put, "/v1/admin/tenants/{id}", use: put)
        section.on(.post, "/v1/admin/tenants/{id}/cancel", use: cancel)
    }

    @Sendable
    private func list(_ request: Request, _ context: AdminContext) async throws -> Response {
        let tenants = try await ledger.tenants()
        return .list(ListPage(tenants, hasMore: false), id: \.id.text, write: TenantFields.write)
    }

    /// Changes what the body names and keeps the rest; a new tenant is added. Every pool follows at once.
    @Sendable
    private func put(_ request: Request, _ context: AdminContext) async throws -> Response {
        let id = try id(context)
        let fields = try JSONFields(body: try await context.body.collect(upTo: maxBodyBytes))
        try fields.allowOnly(TenantFields.known)
        let now = clock.now()
        var tenant =
            try await ledger.tenant(id) ?? TenantRecord(id: id, policy: TenantPolicy(), createdAt: now)
        try TenantFields.change(&tenant, fields)
        try await ledger.put(tenant)
        for queue in queues { try await queue.setPolicy(tenant.policy, for: id) }
        return .json { TenantFields.write(tenant, to: &$0) }
    }

    /// Cancels a portion of what the tenant has waiting and running.
    @Sendable
    private func cancel(_ request: Request, _ context: AdminContext) async throws -> Response {
        let id = try id(context)
        let jobClass = try CancellationFields.read(try await context.body.collect(upTo: maxBodyBytes))
        guard try await ledger.tenant(id) != nil else { throw APIError.notFound("tenant") }
        let portion = try await backlog.cancel(of: id, jobClass)
        context.exchange.logger.notice(
            "an operator's order",
            [
                .outcome: .text("cancelled"), .tenant: .text(id.text), .name: .text(context.caller.keyID),
                .count: .integer(portion.jobs + portion.batches),
            ]
        )
        return .cancellation(portion)
    }

    private func id(_ context: AdminContext) throws -> TenantID {
        guard let id = TenantID(try context.pathParameter("id")) else {
            throw APIError.badRequest("A tenant's name is 1 to 64 characters of a-z, 0-9, _ and -.", param: "id")
        }
        return id
    }
}
