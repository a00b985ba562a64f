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
    private let taken = Mutex<[TenantID: Int]>([:])

    init(perTenant: Int, total: Int) {
        self.perTenant = perTenant
        self.total = total
    }

    /// - Returns: nil when there is no place left.
    func take(for tenant: TenantID) -> Place? {
        let isFree = taken.withLock { taken in
            let mine = taken[tenant, default: 0]
            guard mine < perTenant, taken.values.reduce(0, +) < total else { return false }
            taken[tenant] = mine + 1
            return true
        }
        return isFree ? Place(self, tenant) : nil
    }

    private func leave(_ tenant: TenantID) {
        taken.withLock { taken in
            let rest = taken[tenant, default: 1] - 1
            taken[tenant] = rest > 0 ? rest : nil
        }
    }
}
