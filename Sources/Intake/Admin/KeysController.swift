import Hummingbird
import JSON
import Penstock

/// `/v1/admin/keys`.
struct KeysController: Sendable {
    private static let known = ["tenant", "name", "admin", "classes"]

    let ledger: any TenantLedger
    let creations: Creations
    let cache: KeyCache
    let maxBodyBytes: Int
    let clock: WallClock

    func addRoutes(to section: RouteSection<AdminContext>) {
        section.on(.post, "/v1/admin/keys", use: create)
        section.on(.get, "/v1/admin/keys", use: list)
        section.on(.post, "/v1/admin/keys/{id}/revoke", use: revoke)
    }

    @Sendable
    private func create(_ request: Request, _ context: AdminContext) async throws -> Response {
        let idempotencyKey = try IdempotencyKeyHeader.read(request.headers)
        let body = try await context.body.collect(upTo: maxBodyBytes)
        let fields = try JSONFields(body: body)
        try fields.allowOnly(Self.known)
        let secret = APIKeySecret.mint()
        var key = try newKey(fields, hash: APIKeySecret.hash(secret))
        let place = try await creations.place(
            "api_key",
            key: idempotencyKey,
            headers: request.headers,
            of: context.caller.tenant,
            fresh: key.id,
            hash: hexadecimalSHA256(body),
            exchange: context.exchange
        )
        key.id = place.id
        if place.mayExist { try await refuseIfMade(key) }
        try await ledger.issue(key)
        cache.forgetAll()
        return .json { APIKeyObject.write(key, secret: secret, to: &$0) }
    }

    @Sendable
    private func list(_ request: Request, _ context: AdminContext) async throws -> Response {
        let tenant = try Query(request.uri.query)["tenant"].map { text in
            guard let tenant = TenantID(text) else {
                throw APIError.badRequest("No tenant has such a name.", param: "tenant")
            }
            return tenant
        }
        let keys = try await ledger.apiKeys(of: tenant)
        return .list(ListPage(keys, hasMore: false), id: \.id) { APIKeyObject.write($0, secret: nil, to: &$1) }
    }

    /// Takes effect here at once, in other processes when their caches forget.
    @Sendable
    private func revoke(_ request: Request, _ context: AdminContext) async throws -> Response {
        let id = try context.pathParameter("id")
        guard try await ledger.revokeAPIKey(id, at: clock.now()) else { throw APIError.notFound("API key") }
        cache.forgetAll()
        return .json { writer in
            writer.object { writer in
                writer.member("id", id)
                writer.member("object", "api_key")
                writer.member("revoked", true)
            }
        }
    }

    /// The secret of a key is shown once, and only its hash is kept: it cannot be shown to a repetition.
    private func refuseIfMade(_ key: APIKeyRecord) async throws {
        guard try await ledger.apiKeys(of: key.tenant).contains(where: { $0.id == key.id }) else { return }
        throw APIError(
            .conflict,
            code: "key_already_made",
            "This request made the API key \(key.id), and its secret is shown only once. Revoke it and make another."
        )
    }

    private func newKey(_ fields: JSONFields, hash: String) throws -> APIKeyRecord {
        guard let tenant = TenantID(try fields.requiredText("tenant")) else {
            throw fields.wrong("tenant", "1 to 64 characters of a-z, 0-9, _ and -")
        }
        let now = clock.now()
        return APIKeyRecord(
            id: IDGenerator.named("key_", at: now),
            hash: hash,
            tenant: tenant,
            name: try fields.text("name", length: 0...128) ?? "",
            isAdmin: try fields.flag("admin") ?? false,
            classes: try Self.classes(fields),
            createdAt: now
        )
    }

    private static func classes(_ fields: JSONFields) throws -> Set<JobClass> {
        guard let value = fields.value("classes") else { return Set(JobClass.allCases) }
        let classes = value.elements.compactMap { $0.string.flatMap(JobClass.init(rawValue:)) }
        guard value.kind == .array, !classes.isEmpty, classes.count == value.count else {
            throw fields.wrong("classes", "a list of interactive, standard, batch")
        }
        return Set(classes)
    }
}
