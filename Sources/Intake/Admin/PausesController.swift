import Hummingbird
import JSON
import Penstock
import Telemetry

/// Pausing and resuming of pools and targets, below `/v1/admin`.
///
/// The ledger is told first and so remembers whatever happens; the queue follows at once, and once more by the
/// scheduler.
struct PausesController: Sendable {
    let ledger: any ControlLedger
    let topology: Topology
    let queues: [PoolName: any JobQueue]
    let maxBodyBytes: Int
    let clock: WallClock

    func addRoutes(to section: RouteSection<AdminContext>) {
        section.on(.post, "/v1/admin/pools/{name}/pause") { try await pause(try pool(named: $1), $1) }
        section.on(.post, "/v1/admin/pools/{name}/resume") { try await resume(try pool(named: $1), $1) }
        section.on(.post, "/v1/admin/targets/{name}/pause") { try await pause(try target(named: $1), $1) }
        section.on(.post, "/v1/admin/targets/{name}/resume") { try await resume(try target(named: $1), $1) }
    }

    /// What is meant, and where it is.
    private struct Place {
        let subject: PauseSubject
        let pool: Pool
        let queue: any JobQueue
    }

    private func pause(_ place: Place, _ context: AdminContext) async throws -> Response {
        let reason = try await reason(context)
        let earlier = try await ledger.pauses().first { $0.subject == place.subject }
        let pause = Pause(
            subject: place.subject,
            since: earlier?.since ?? clock.now(),
            by: context.caller.keyID,
            reason: reason ?? earlier?.reason
        )
        try await ledger.put(pause)
        try await spread(to: place)
        log("paused", place, context)
        return Self.response(place.subject, pause)
    }

    /// Resuming a target also ends a block and a stop for want of quota.
    private func resume(_ place: Place, _ context: AdminContext) async throws -> Response {
        _ = try await reason(context)
        _ = try await ledger.removePause(of: place.subject)
        try await spread(to: place)
        if case .target(let name) = place.subject { try await place.queue.resume(target: name) }
        log("resumed", place, context)
        return Self.response(place.subject, nil)
    }

    private func spread(to place: Place) async throws {
        try await place.queue.setControls(PoolControls(try await ledger.pauses(), for: place.pool))
    }

    /// Who did what is found in the log. The reason is free text and stays in the ledger.
    private func log(_ outcome: String, _ place: Place, _ context: AdminContext) {
        var fields: LogFields = [
            .outcome: .text(outcome), .pool: .text(place.pool.name.text), .name: .text(context.caller.keyID),
        ]
        if case .target(let name) = place.subject { fields[.target] = .text(name) }
        context.exchange.logger.notice("an operator's order", fields)
    }

    private func reason(_ context: AdminContext) async throws -> String? {
        let body = try await context.body.collect(upTo: maxBodyBytes)
        guard !body.isEmpty else { return nil }
        let fields = try JSONFields(body: body)
        try fields.allowOnly(["reason"])
        return try fields.text("reason", length: 1...200)
    }

    private func pool(named context: AdminContext) throws -> Place {
        let name = PoolName(try context.pathParameter("name"))
        guard let pool = topology.pool(named: name), let queue = queues[name] else { throw APIError.notFound("pool") }
        return Place(subject: .pool(name), pool: pool, queue: queue)
    }

    private func target(named context: AdminContext) throws -> Place {
        let name = try context.pathParameter("name")
        guard let pool = topology.pools.first(where: { $0.target(named: name) != nil }), let queue = queues[pool.name]
        else { throw APIError.notFound("target") }
        return Place(subject: .target(name), pool: pool, queue: queue)
    }

    private static func response(_ subject: PauseSubject, _ pause: Pause?) -> Response {
        let (kind, id) =
            switch subject {
            case .pool(let name): ("pool", name.text)
            case .target(let name): ("target", name)
            }
        return .json { writer in
            writer.object { writer in
                writer.member("object", "pause")
                writer.member("kind", kind)
                writer.member("id", id)
                writer.member("paused", pause != nil)
                writer.member("paused_at", pause?.since.seconds)
                writer.member("paused_by", pause?.by)
                writer.member("reason", pause?.reason)
            }
        }
    }
}
