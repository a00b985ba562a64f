import Penstock
import Synchronization

/// How many idempotency keys each tenant has, as far as this process knows: counted in the ledger now and then, as that
/// takes its time, with what was added here since.
final class KeyCounts: Sendable {
    private struct Count {
        var keys: Int
        var at: ContinuousClock.Instant
    }

    private static let lifetime = Duration.seconds(3600)
    /// Where the limit is reached it is asked more often whether some have gone.
    private static let lifetimeAtLimit = Duration.seconds(10)

    private let limit: Int
    private let ledger: any QuotaLedger
    private let counts = Mutex<[TenantID: Count]>([:])

    init(limit: Int, ledger: any QuotaLedger) {
        self.limit = limit
        self.ledger = ledger
    }

    /// Whether the tenant may have one more.
    func hasRoom(_ tenant: TenantID) async throws -> Bool {
        if let keys = known(tenant) { return keys < limit }
        let keys = try await ledger.idempotencyKeys(of: tenant, upTo: limit)
        counts.withLock { $0[tenant] = Count(keys: keys, at: .now) }
        return keys < limit
    }

    func add(_ tenant: TenantID) { counts.withLock { $0[tenant]?.keys += 1 } }

    /// - Returns: nil when the ledger has to be asked.
    private func known(_ tenant: TenantID) -> Int? {
        guard let count = counts.withLock({ $0[tenant] }) else { return nil }
        let lifetime = count.keys < limit ? Self.lifetime : Self.lifetimeAtLimit
        return count.at.duration(to: .now) < lifetime ? count.keys : nil
    }
}
