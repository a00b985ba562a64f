import HTTPTypes
import Penstock
import Synchronization

/// How many test webhooks are under way: each holds a socket of intake for as long as its receiver likes.
final class TestLimit: Sendable {
    private static let perTenant = 4
    private static let total = 32
    private static let secondsToWait = 5

    private let underWay = Mutex<[TenantID: Int]>([:])

    /// Runs `body` within the limit.
    ///
    /// - Throws: 429 when too many are under way already.
    func run<Value>(for tenant: TenantID, _ body: () async throws -> Value) async throws -> Value {
        let isAllowed = underWay.withLock { underWay in
            let mine = underWay[tenant, default: 0]
            guard mine < Self.perTenant, underWay.values.reduce(0, +) < Self.total else { return false }
            underWay[tenant] = mine + 1
            return true
        }
        guard isAllowed else {
            throw APIError(
                .tooManyRequests,
                code: "too_many_tests",
                "Too many tests of webhook endpoints are under way. Wait until they are answered.",
                retryAfter: Self.secondsToWait
            )
        }
        defer {
            underWay.withLock { underWay in
                let rest = underWay[tenant, default: 1] - 1
                underWay[tenant] = rest > 0 ? rest : nil
            }
        }
        return try await body()
    }
}
