import JSON

/// Workers, and who runs them, as `GET /v1/admin/fleet` shows them. What is missing or null is unknown.
struct FleetView: Sendable, Equatable {
    var sets: [WorkerSetView] = []
    var workers: [WorkerView] = []
    var hosts: [FleetHostView] = []
}

/// Workers that serve the same pools: how many there should be, why, and what that was drawn from.
struct WorkerSetView: Sendable, Equatable {
    /// `*` for all pools, else a pool's name.
    let id: String
    var pools: [String] = []
    var desired: Int?
    /// One of a closed set, such as `rate_limited` or `blind`.
    var reason = "unknown"
    /// The reason in the server's words.
    var explanation: String?
    /// Unix seconds since which the count holds.
    var since: Int?
    /// Unix seconds of the last plan.
    var plannedAt: Int?
    var min: Int?
    var max: Int?
    var ready: Int?
    var draining: Int?
    /// Calls at once of each worker.
    var slots: Int?
    /// Calls of all workers together.
    var slotsInUse: Int?
    var bySlots: Int?
    var byCPU: Int?
    /// Processors that all workers use together.
    var cpu: Double?
    /// Calls at once that the pools need.
    var calls: Double?
    var demands: [PoolDemandView] = []

    /// Whether nobody plans, so that the count is merely held.
    var isBlind: Bool { reason == "blind" }

    /// For sentences: `workers`, `workers of the pool mini`.
    var name: String { id == "*" ? "workers" : "workers of the pool \(id)" }
}

/// What one pool asks of its workers.
struct PoolDemandView: Sendable, Equatable {
    let id: String
    var reason: String?
    var arrivalsPerSecond: Double?
    var runnable: Int?
    /// Lines of batches that are not in the queue yet.
    var unfed: Int?
    var running: Int?
    var wantedPerSecond: Double?
    /// Nil for no limit.
    var grantedPerSecond: Double?
    var serviceTime: Int?
    var calls: Double?
    /// The limit that binds, in words.
    var limit: String?
}

/// One worker.
struct WorkerView: Sendable, Equatable {
    let id: String
    var set: String?
    /// `ready` or `draining`.
    var state: String?
    var slots: Int?
    var slotsInUse: Int?
    /// Processors that it uses.
    var cpu: Double?
    var since: Int?
}

/// What one fleet runs of a set's workers on its machine.
struct FleetHostView: Sendable, Equatable {
    let id: String
    var set: String?
    var host: String?
    /// Workers that it should run.
    var share: Int?
    /// Most that its machine allows.
    var max: Int?
    /// Workers that ended again and again before they were ready.
    var failing: Int?
    var since: Int?
}
