import Hummingbird
import JSON
import Penstock
import Telemetry

/// `/v1/jobs/cancel`, and the same of any tenant for admins.
struct BacklogController: Sendable {
    let ledger: any TenantLedger
    let cancellation: BacklogCancellation

    func addRoutes(to section: RouteSection<AuthenticatedContext>) {
        section.on(.post, "/v1/jobs/cancel") { try await cancel(of: $1.tenant, by: $1.caller, $1.exchange) }
    }

    func addRoutes(to section: RouteSection<AdminContext>) {
        section.on(.post, "/v1/admin/tenants/{id}/cancel") { _, context in
            guard let id = TenantID(try context.pathParameter("id")), try await ledger.tenant(id) != nil else {
                throw APIError.notFound("tenant")
            }
            return try await cancel(of: id, by: context.caller, context.exchange)
        }
    }

    private func cancel(of tenant: TenantID, by caller: Caller, _ exchange: Exchange) async throws -> Response {
        let progress = try await cancellation.cancel(of: tenant)
        exchange.logger.notice(
            "a backlog was cancelled",
            [.tenant: .text(tenant.text), .name: .text(caller.keyID), .count: .integer(progress.jobs)]
        )
        return .json { writer in
            writer.object { writer in
                writer.member("object", "backlog.cancellation")
                writer.member("tenant", tenant.text)
                writer.member("jobs", progress.jobs)
                writer.member("batches", progress.batches)
                writer.member("has_more", progress.hasMore)
            }
        }
    }
}
