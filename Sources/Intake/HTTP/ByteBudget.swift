import CoreMetrics
import HTTPTypes
import Penstock
import Synchronization

/// How many bytes of requests and answers this process holds at once, for one tenant and for all together.
///
/// What is small is not counted: it is bounded by the number of connections.
final class ByteBudget: Sendable {
    /// Up to this many bytes nothing is counted.
    static let uncounted = 64 << 10

    /// Bytes that are held until nobody keeps this any more.
    final class Holding: Sendable {
        let bytes: Int
        private let budget: ByteBudget
        private let tenant: TenantID

        fileprivate init(_ bytes: Int, _ budget: ByteBudget, _ tenant: TenantID) {
            self.bytes = bytes
            self.budget = budget
            self.tenant = tenant
        }

        deinit { budget.giveBack(bytes, of: tenant) }
    }

    /// Whose share is used up.
    enum Shortage: String, CaseIterable {
        case tenant, process

        var refusal: APIError {
            switch self {
            case .tenant:
                APIError(
                    .tooManyRequests,
                    code: "too_many_bytes_in_flight",
                    "Requests and answers of this tenant that are under way are too large together. Read or send what "
                        + "is under way, then try again.",
                    retryAfter: 2
                )
            case .process:
                APIError(
                    .serviceUnavailable,
                    code: "too_many_bytes_in_flight",
                    "Requests and answers that are under way are too large together. Try again soon.",
                    retryAfter: 2
                )
            }
        }
    }

    private struct Use {
        var total = 0
        var tenants: [TenantID: Int] = [:]
    }

    private let total: Int
    private let perTenant: Int
    private let use = Mutex(Use())
    private let gauge: Gauge
    private let refusals: [Shortage: Counter]

    init(total: Int, perTenant: Int, factory: any MetricsFactory = MetricsSystem.factory) {
        self.total = total
        self.perTenant = min(perTenant, total)
        gauge = Gauge(label: "penstock_intake_bytes_in_flight", factory: factory)
        let series = Shortage.allCases.map { shortage in
            let dimensions = [("reason", shortage.rawValue)]
            return (shortage, Counter(label: "penstock_intake_bytes_refused", dimensions: dimensions, factory: factory))
        }
        refusals = Dictionary(uniqueKeysWithValues: series)
    }

    /// Bytes that are held now.
    var inUse: Int { use.withLock(\.total) }

    /// - Returns: nil for few bytes, which are not counted.
    /// - Throws: 429 when the tenant holds too much already, 503 when all together do.
    func take(_ bytes: Int, for tenant: TenantID) throws -> Holding? {
        guard bytes > Self.uncounted else { return nil }
        guard let shortage = grant(bytes, to: tenant) else { return Holding(bytes, self, tenant) }
        refusals[shortage]?.increment()
        throw shortage.refusal
    }

    /// Counts bytes that are there anyway, whatever else is.
    func force(_ bytes: Int, for tenant: TenantID) -> Holding? {
        guard bytes > Self.uncounted else { return nil }
        use.withLock { add(bytes, of: tenant, to: &$0) }
        return Holding(bytes, self, tenant)
    }

    /// Whoever holds nothing may hold one thing of any size, else the largest could never be had.
    private func grant(_ bytes: Int, to tenant: TenantID) -> Shortage? {
        use.withLock { use in
            let mine = use.tenants[tenant, default: 0]
            if mine > 0, mine + bytes > perTenant { return .tenant }
            if use.total > 0, use.total + bytes > total { return .process }
            add(bytes, of: tenant, to: &use)
            return nil
        }
    }

    private func giveBack(_ bytes: Int, of tenant: TenantID) {
        use.withLock { add(-bytes, of: tenant, to: &$0) }
    }

    private func add(_ bytes: Int, of tenant: TenantID, to use: inout Use) {
        use.total += bytes
        let mine = use.tenants[tenant, default: 0] + bytes
        use.tenants[tenant] = mine > 0 ? mine : nil
        gauge.record(use.total)
    }
}
