import Hummingbird
import JSON
import Penstock

/// `/v1/webhook_endpoints` and `/v1/webhook_event_types`.
struct WebhooksController: Sendable {
    /// Writes that may come in between a change's read and its write, again and again.
    private static let changeTries = 20
    private static let known = ["name", "url", "event_types"]

    let ledger: any Ledger
    let creations: Creations
    let sender: any WebhookSender
    let rules: WebhookRules
    let maxBodyBytes: Int
    let clock: WallClock
    /// Tests that are under way: each holds a socket of intake for as long as its receiver likes.
    private let tests = TenantPlaces(
        perTenant: 4,
        total: 32,
        code: "too_many_tests",
        message: "Too many tests of webhook endpoints are under way. Wait until they are answered.",
        retryAfter: 5
    )

    init(
        ledger: any Ledger,
        creations: Creations,
        sender: any WebhookSender,
        rules: WebhookRules,
        maxBodyBytes: Int,
        clock: WallClock
    ) {
        self.ledger = ledger
        self.creations = creations
        self.sender = sender
        self.rules = rules
        self.maxBodyBytes = maxBodyBytes
        self.clock = clock
    }

    func addRoutes(to section: RouteSection<AuthenticatedContext>) {
        section.on(.post, "/v1/webhook_endpoints", use: create)
        section.on(.get, "/v1/webhook_endpoints", use: list)
        section.on(.get, "/v1/webhook_endpoints/{id}", use: retrieve)
        section.on(.post, "/v1/webhook_endpoints/{id}", use: update)
        section.on(.delete, "/v1/webhook_endpoints/{id}", use: delete)
        section.on(.post, "/v1/webhook_endpoints/{id}/rotate_secret", use: rotate)
        section.on(.post, "/v1/webhook_endpoints/{id}/test", use: test)
        section.on(.get, "/v1/webhook_event_types", use: eventTypes)
    }

    @Sendable
    private func create(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let key = try IdempotencyKeyHeader.read(request.headers)
        let body = try await context.body.collect(upTo: maxBodyBytes)
        let fields = try JSONFields(body: body)
        try fields.allowOnly(Self.known)
        let now = clock.now()
        var endpoint = WebhookEndpoint(
            id: IDGenerator.named("whe_", at: now),
            tenant: context.tenant,
            name: try WebhookField.name(fields),
            url: try WebhookField.url(fields, rules),
            eventTypes: try WebhookField.eventTypes(fields),
            secret: WebhookSecret.mint(),
            createdAt: now
        )
        let place = try await creations.place(
            "webhook_endpoint",
            key: key,
            headers: request.headers,
            of: context.tenant,
            fresh: endpoint.id,
            hash: hexadecimalSHA256(body),
            exchange: context.exchange
        )
        endpoint.id = place.id
        if place.mayExist, let earlier = try await ledger.webhookEndpoint(endpoint.id) {
            return Self.response(earlier, showsSecret: true)
        }
        try await refuseTooMany(of: context.tenant)
        try await ledger.insert(endpoint)
        // Two requests with one key may come here at once; the first one's secret is the one that is kept.
        let stored = try await ledger.webhookEndpoint(endpoint.id) ?? endpoint
        return Self.response(stored, showsSecret: true)
    }

    @Sendable
    private func list(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let query = try Query(request.uri.query)
        let limit = try query.int("limit", in: 1...100, default: 20)
        let found = try await ledger.webhookEndpoints(
            of: context.tenant,
            after: try query.cursor(),
            limit: limit + 1
        )
        return .list(ListPage(found, limit: limit), id: \.id) {
            WebhookEndpointObject.write($0, showsSecret: false, to: &$1)
        }
    }

    @Sendable
    private func retrieve(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        Self.response(try await find(context), showsSecret: false)
    }

    /// Changes what is given, and brings a disabled endpoint back.
    @Sendable
    private func update(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let fields = try JSONFields(body: try await context.body.collect(upTo: maxBodyBytes))
        try fields.allowOnly(Self.known)
        let name = try fields.value("name").map { _ in try WebhookField.name(fields) }
        let url = try fields.value("url").map { _ in try WebhookField.url(fields, rules) }
        let types = try fields.value("event_types").map { _ in try WebhookField.eventTypes(fields) }
        let changed = try await change(context) { endpoint in
            if let name { endpoint.name = name }
            if let url { endpoint.url = url }
            if let types { endpoint.eventTypes = types }
            endpoint.enable()
        }
        return Self.response(changed, showsSecret: false)
    }

    @Sendable
    private func delete(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let endpoint = try await find(context)
        guard try await ledger.deleteWebhookEndpoint(endpoint.id) else { throw Self.unknown }
        _ = try await ledger.failDeliveries(to: endpoint.destination, reason: "the endpoint was deleted")
        return .json { writer in
            writer.object { writer in
                writer.member("id", endpoint.id)
                writer.member("object", "webhook_endpoint.deleted")
                writer.member("deleted", true)
            }
        }
    }

    @Sendable
    private func rotate(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let body = try await context.body.collect(upTo: maxBodyBytes)
        var keepsOld = false
        if !body.isEmpty {
            let fields = try JSONFields(body: body)
            try fields.allowOnly(["keep_old_secret_active_for_24_hours"])
            keepsOld = try fields.flag("keep_old_secret_active_for_24_hours") ?? false
        }
        let secret = WebhookSecret.mint()
        let now = clock.now()
        let changed = try await change(context) { [keepsOld] endpoint in
            if keepsOld { endpoint.rotate(to: secret, at: now) } else { endpoint.replaceSecret(by: secret) }
        }
        return Self.response(changed, showsSecret: true)
    }

    @Sendable
    private func test(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let fields = try JSONFields(body: try await context.body.collect(upTo: maxBodyBytes))
        try fields.allowOnly(["event_type"])
        guard let type: WebhookEventType = try fields.choice("event_type") else { throw fields.missing("event_type") }
        let endpoint = try await find(context)
        let place = try tests.take(for: context.tenant)
        defer { withExtendedLifetime(place) {} }
        let status = try await WebhookTester(sender: sender, clock: clock).test(endpoint, with: type)
        return .json { writer in
            writer.object { writer in
                writer.member("object", "webhook_endpoint.test")
                writer.member("webhook_endpoint_id", endpoint.id)
                writer.member("event_type", type.rawValue)
                writer.member("success", true)
                writer.member("status_code", status)
            }
        }
    }

    @Sendable
    private func eventTypes(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        .json { writer in
            writer.object { writer in
                writer.member("object", "list")
                writer.key("data")
                WebhookEndpointObject.write(types: Set(WebhookEventType.allCases), to: &writer)
            }
        }
    }

    private static let unknown = APIError.notFound("webhook endpoint")

    private func find(_ context: AuthenticatedContext) async throws -> WebhookEndpoint {
        let id = try context.pathParameter("id")
        guard let endpoint = try await ledger.webhookEndpoint(id), endpoint.tenant == context.tenant else {
            throw Self.unknown
        }
        return endpoint
    }

    /// Reads, changes and writes until nobody came in between. What changes nothing is not written.
    private func change(_ context: AuthenticatedContext, _ body: (inout WebhookEndpoint) -> Void) async throws
        -> WebhookEndpoint
    {
        for _ in 0..<Self.changeTries {
            let endpoint = try await find(context)
            var changed = endpoint
            body(&changed)
            if changed == endpoint { return endpoint }
            changed.updatedAt = clock.now()
            if let stored = try await ledger.replace(changed) { return stored }
        }
        throw LedgerUnavailable("the endpoint kept changing")
    }

    /// About so many: who creates several at the same moment may get a few more.
    private func refuseTooMany(of tenant: TenantID) async throws {
        let found = try await ledger.webhookEndpoints(of: tenant, after: nil, limit: rules.maxEndpoints)
        guard found.count >= rules.maxEndpoints else { return }
        throw APIError.badRequest(
            "A tenant may have at most \(rules.maxEndpoints) webhook endpoints (setting webhooks.max_endpoints). "
                + "Delete one first.",
            param: nil,
            code: "too_many_webhook_endpoints"
        )
    }

    private static func response(_ endpoint: WebhookEndpoint, showsSecret: Bool) -> Response {
        .json { WebhookEndpointObject.write(endpoint, showsSecret: showsSecret, to: &$0) }
    }
}
