import HTTPTypes
import Penstock

/// How many test webhooks are under way: each holds a socket of intake for as long as its receiver likes.
struct TestLimit: Sendable {
    private static let secondsToWait = 5

    private let places = TenantPlaces(perTenant: 4, total: 32)

    /// Runs `body` within the limit.
    ///
    /// - Throws: 429 when too many are under way already.
    func run<Value>(for tenant: TenantID, _ body: () async throws -> Value) async throws -> Value {
        guard let place = places.take(for: tenant) else {
            throw APIError(
                .tooManyRequests,
                code: "too_many_tests",
                "Too many tests of webhook endpoints are under way. Wait until they are answered.",
                retryAfter: Self.secondsToWait
            )
        }
        defer { withExtendedLifetime(place) {} }
        return try await body()
    }
}
