import Hummingbird
import JSON
import Penstock

/// `/v1/admin/fleet`: how many workers there are and should be, and why.
struct FleetController: Sendable {
    let board: any FleetBoard
    let sets: [WorkerSet]
    let bounds: ScalingBounds

    func addRoutes(to section: RouteSection<AdminContext>) {
        section.on(.get, "/v1/admin/fleet", use: show)
    }

    @Sendable
    private func show(_ request: Request, _ context: AdminContext) async throws -> Response {
        var looks: [(set: WorkerSet, look: FleetLook)] = []
        for set in sets { looks.append((set, try await board.look(at: set.name))) }
        let fleet = FleetObject(looks: looks, bounds: bounds)
        return .json { fleet.write(to: &$0) }
    }
}
