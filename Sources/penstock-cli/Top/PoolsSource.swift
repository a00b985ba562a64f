import JSON

/// Where looks at the pools come from.
struct PoolsSource: Sendable {
    let api: API
    /// The only pool to look at; nil for all.
    var pool: ConfiguredName?
    /// Most tenants per class and pool.
    var tenants: Int
    private let clock = ContinuousClock()
    private let start = ContinuousClock.now

    init(api: API, pool: ConfiguredName?, tenants: Int) {
        self.api = api
        self.pool = pool
        self.tenants = tenants
    }

    /// - Throws: `CLIError.local` when there is no such pool.
    func look() async throws -> PoolsLook {
        let found = try await objects()
        let time = clock.now - start
        return PoolsLook(time: time, pools: try found.map { try PoolView($0) }, fleet: await fleet())
    }

    /// What can be told of the workers.
    func fleet() async -> FleetGlance { await FleetSource(api: api).glance(serving: pool) }

    /// The pools as the server shows them.
    func objects() async throws -> [JSONValue] {
        let all = try await api.get("/v1/admin/pools", query: [("tenants", String(tenants))]).list()
        guard let pool else { return all }
        let found = all.filter { $0.text("id") == pool.text }
        guard found.isEmpty else { return found }
        let names = all.compactMap { $0.text("id") }.joined(separator: ", ")
        throw CLIError.local("there is no pool \(pool)\(names.isEmpty ? "" : "; there are: \(names.printable)")")
    }
}
