import HTTPTypes
import Penstock
import Synchronization

/// How many of something one tenant, and all together, may have under way at once in this process.
final class TenantPlaces: Sendable {
    /// Taken until nobody keeps it any more.
    final class Place: Sendable {
        private let places: TenantPlaces
        private let tenant: TenantID

        fileprivate init(_ places: TenantPlaces, _ tenant: TenantID) {
            self.places = places
            self.tenant = tenant
        }

        deinit { places.leave(tenant) }
    }

    private let perTenant: Int
    private let total: Int
    private let refusal: APIError
    private let taken = Mutex(Taken())

    private struct Taken {
        var byTenant: [TenantID: Int] = [:]
        var total = 0
    }

    /// - Parameters:
    ///   - code: of the refusal, as are `message` and, in seconds, `retryAfter`.
    init(perTenant: Int, total: Int, code: String, message: String, retryAfter: Int) {
        self.perTenant = perTenant
        self.total = total
        refusal = APIError(.tooManyRequests, code: code, message, retryAfter: retryAfter)
    }

    /// - Throws: 429 when there is no place left.
    func take(for tenant: TenantID) throws -> Place {
        let isFree = taken.withLock { taken in
            let mine = taken.byTenant[tenant, default: 0]
            guard mine < perTenant, taken.total < total else { return false }
            taken.byTenant[tenant] = mine + 1
            taken.total += 1
            return true
        }
        guard isFree else { throw refusal }
        return Place(self, tenant)
    }

    private func leave(_ tenant: TenantID) {
        taken.withLock { taken in
            let rest = taken.byTenant[tenant, default: 1] - 1
            taken.byTenant[tenant] = rest > 0 ? rest : nil
            taken.total -= 1
        }
    }
}
