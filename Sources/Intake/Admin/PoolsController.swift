import Hummingbird
import JSON
import Penstock

/// `/v1/admin/pools`: everything that is going on, for operators and `penstock top`.
struct PoolsController: Sendable {
    let ledger: any ControlLedger
    let topology: Topology
    let queues: [PoolName: any JobQueue]

    func addRoutes(to section: RouteSection<AdminContext>) {
        section.on(.get, "/v1/admin/pools", use: list)
    }

    @Sendable
    private func list(_ request: Request, _ context: AdminContext) async throws -> Response {
        let tenants = try Query(request.uri.query).int("tenants", in: 1...200, default: 20)
        let pauses = try await ledger.pauses()
        var pools: [PoolObject] = []
        for queue in queues.values.sorted(by: { $0.pool.text < $1.pool.text }) {
            async let experience = queue.experience()
            let overview = try await queue.overview(tenants: tenants)
            pools.append(
                PoolObject(
                    name: queue.pool,
                    isConfigured: topology.pool(named: queue.pool) != nil,
                    overview: overview,
                    experience: try await experience,
                    pauses: pauses
                )
            )
        }
        return .list(ListPage(pools, hasMore: false), id: \.name.text) { $0.write(to: &$1) }
    }
}
