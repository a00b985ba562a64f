import Crypto
import HTTPTypes
import Hummingbird
import Penstock

/// Finds out whose API key a request carries. Without one the request goes on, and `AuthenticatedContext` refuses it.
struct Authentication: RouterMiddleware {
    typealias Context = IntakeContext

    let ledger: any TenantLedger
    let cache: KeyCache
    /// Requests of all kinds that are under way.
    let places: TenantPlaces

    @concurrent
    func handle(
        _ request: Request,
        context: IntakeContext,
        next: @concurrent (Request, IntakeContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let secret = Self.secret(in: request.headers) {
            let hash = APIKeySecret.hash(secret)
            context.caller = try await caller(hash: hash)
            context.exchange.whenAskedForKey { try await caller(hash: hash, notOlderThan: Attendance.keyAge) != nil }
        }
        context.exchange.tenant = context.caller?.tenant
        if let tenant = context.caller?.tenant { context.exchange.hold(try places.take(for: tenant)) }
        return try await next(request, context)
    }

    private func caller(hash: String, notOlderThan age: Duration? = nil) async throws -> Caller? {
        guard let key = try await key(hash: hash, notOlderThan: age), key.revokedAt == nil else { return nil }
        return Caller(key)
    }

    private func key(hash: String, notOlderThan age: Duration?) async throws -> APIKeyRecord? {
        if let remembered = cache.lookup(hash, notOlderThan: age) { return remembered }
        let key = try await ledger.apiKey(hash: hash)
        cache.remember(key, hash: hash)
        return key
    }

    /// The key in the header of either dialect.
    static func secret(in headers: HTTPFields) -> String? {
        if let key = headers[.apiKey] { return key }
        guard let authorization = headers[.authorization] else { return nil }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }
}

/// SHA-256 in hexadecimal: how keys and request bodies are told apart.
func hexadecimalSHA256(_ bytes: some Collection<UInt8>) -> String { hexadecimal(SHA256.hash(data: Array(bytes))) }

func hexadecimal(_ hash: SHA256.Digest) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in hash {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}
