import Hummingbird
import JSON
import Penstock

/// `/v1/admin/tenants`.
struct TenantsController: Sendable {
    private static let known = ["weight", "max_running"]

    let ledger: any TenantLedger
    let queues: [any JobQueue]
    let maxBodyBytes: Int
    let clock: WallClock

    func addRoutes(to section: RouteSection<AdminContext>) {
        section.on(.get, "/v1/admin/tenants", use: list)
        section.on(.put, "/v1/admin/tenants/{id}", use: put)
    }

    @Sendable
    private func list(_ request: Request, _ context: AdminContext) async throws -> Response {
        let tenants = try await ledger.tenants()
        return .list(ListPage(tenants, hasMore: false), id: \.id.text, write: Self.write)
    }

    /// Changes what the body names and keeps the rest; a new tenant is added. Every pool follows at once.
    @Sendable
    private func put(_ request: Request, _ context: AdminContext) async throws -> Response {
        guard let id = TenantID(try context.pathParameter("id")) else {
            throw APIError.badRequest("A tenant's name is 1 to 64 characters of a-z, 0-9, _ and -.", param: "id")
        }
        let fields = try JSONFields(body: try await context.body.collect(upTo: maxBodyBytes))
        try fields.allowOnly(Self.known)
        let now = clock.now()
        var tenant =
            try await ledger.tenant(id) ?? TenantRecord(id: id, policy: TenantPolicy(), createdAt: now)
        if let weight = try fields.int("weight", in: 1...1000) { tenant.policy.weight = Int(weight) }
        if fields.object["max_running"] != nil {
            tenant.policy.maxRunning = try fields.int("max_running", in: 1...1_000_000).map(Int.init)
        }
        try await ledger.put(tenant)
        for queue in queues { try await queue.setPolicy(tenant.policy, for: id) }
        return .json { Self.write(tenant, to: &$0) }
    }

    private static func write(_ tenant: TenantRecord, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", tenant.id.text)
            writer.member("object", "tenant")
            writer.member("weight", tenant.policy.weight)
            writer.member("max_running", tenant.policy.maxRunning)
            writer.member("created_at", tenant.createdAt.seconds)
        }
    }
}
