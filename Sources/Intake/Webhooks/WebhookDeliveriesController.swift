import Hummingbird
import JSON
import Penstock

/// `/v1/webhook_deliveries`: the log of what was sent, and sending it again.
struct WebhookDeliveriesController: Sendable {
    let ledger: any WebhookLedger
    let clock: WallClock

    func addRoutes(to section: RouteSection<AuthenticatedContext>) {
        section.on(.get, "/v1/webhook_deliveries", use: list)
        section.on(.get, "/v1/webhook_deliveries/{id}", use: retrieve)
        section.on(.post, "/v1/webhook_deliveries/{id}/replay", use: replay)
    }

    @Sendable
    private func list(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let query = try Query(request.uri.query)
        let limit = try query.int("limit", in: 1...100, default: 20)
        let found = try await ledger.deliveries(
            of: context.tenant,
            DeliveryFilter(endpoint: try query["endpoint"], state: try query.choice("state")),
            after: try query.cursor(),
            limit: limit + 1
        )
        return .list(ListPage(found, limit: limit), id: \.id, write: WebhookDeliveryObject.write)
    }

    @Sendable
    private func retrieve(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let delivery = try await find(context)
        return .json { WebhookDeliveryObject.write(delivery, to: &$0) }
    }

    /// Sends it again at once, with the same `webhook-id` and body: a receiver that had it knows it again.
    @Sendable
    private func replay(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let delivery = try await find(context)
        if let id = delivery.endpoint {
            guard let endpoint = try await ledger.webhookEndpoint(id) else {
                throw APIError(.conflict, code: "webhook_endpoint_gone", "The delivery's endpoint was deleted.")
            }
            guard endpoint.disabledAt == nil else {
                throw APIError(
                    .conflict,
                    code: "webhook_endpoint_disabled",
                    "The delivery's endpoint is disabled. Update it first: that brings it back."
                )
            }
        }
        guard let replayed = try await ledger.replay(delivery.id, at: clock.now()) else { throw Self.unknown }
        return .json { WebhookDeliveryObject.write(replayed, to: &$0) }
    }

    private static let unknown = APIError.notFound("webhook delivery")

    private func find(_ context: AuthenticatedContext) async throws -> WebhookDelivery {
        let delivery = try await ledger.delivery(try context.pathParameter("id"))
        guard let delivery, delivery.tenant == context.tenant else { throw Self.unknown }
        return delivery
    }
}

/// A delivery as its owner sees it. Of a URL given with a job or a batch only the server is shown: its path may hold
/// secrets.
enum WebhookDeliveryObject {
    static func write(_ delivery: WebhookDelivery, to writer: inout JSONWriter) {
        let isPending = delivery.state == .pending
        writer.object { writer in
            writer.member("id", delivery.id)
            writer.member("object", "webhook_delivery")
            writer.member("event_type", delivery.type.rawValue)
            writer.member("webhook_endpoint_id", delivery.endpoint)
            writer.member("destination", delivery.endpoint ?? origin(of: delivery))
            writer.member("state", delivery.state.rawValue)
            writer.member("attempts", delivery.attempts)
            writer.member("created_at", delivery.createdAt.seconds)
            writer.member("next_attempt_at", isPending ? delivery.dueAt.seconds : nil)
            writer.member("last_attempt_at", delivery.lastAttemptAt?.seconds)
            writer.member("last_status_code", delivery.lastStatus)
            writer.member("last_error", delivery.lastError)
            // The event as it is sent, byte by byte.
            writer.key("event")
            writer.raw(delivery.body)
        }
    }

    private static func origin(of delivery: WebhookDelivery) -> String? {
        delivery.target.flatMap { try? WebhookURL($0.url, allowingHTTP: true).origin }
    }
}
