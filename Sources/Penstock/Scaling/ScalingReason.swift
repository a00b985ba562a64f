/// Why a set of workers has the size that it should have. A closed set: the values are a metric's label and part of
/// the HTTP API.
package enum ScalingReason: String, Sendable, CaseIterable {
    /// What waits and what arrives needs so many calls at once.
    case backlog
    /// The workers' processors are busy.
    case cpu
    /// Deadlines ask for more than the backlog does.
    case deadlineRisk = "deadline_risk"
    /// Providers' limits, or tenants' own, grant no more: more workers would not help.
    case rateLimited = "rate_limited"
    /// No target may be called now.
    case providerBlocked = "provider_blocked"
    /// An operator paused the pool, its targets or the tenants that wait.
    case paused
    /// Results wait in the queue for a ledger that refuses them.
    case ledgerDown = "ledger_down"
    /// More is wanted than settings or machines allow.
    case atMax = "at_max"
    /// Nothing waits, runs or arrives.
    case idle
    /// Fewer would do; the count goes down slowly.
    case draining
    /// Workers end before they are ready, again and again.
    case crashLoop = "crash_loop"
    /// The queue cannot be read: the count is held.
    case blind
}

/// Names workers that serve the same pools: `*` for all pools, or one pool's name. No pool can be called `*`.
package struct WorkerSetName: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    /// Workers that serve all pools.
    package static let all = WorkerSetName("*")

    /// Workers that serve one pool alone.
    package init(_ pool: PoolName) {
        text = pool.text
    }

    package var description: String { text }
}

/// Workers that serve the same pools, and which these are.
package struct WorkerSet: Sendable, Equatable {
    package var name: WorkerSetName
    package var pools: [PoolName]

    package init(name: WorkerSetName, pools: [PoolName]) {
        self.name = name
        self.pools = pools
    }

    /// The sets of a topology.
    ///
    /// - Parameter isPerPool: a set for each pool; else one that serves all.
    package static func all(of topology: Topology, isPerPool: Bool) -> [WorkerSet] {
        let pools = topology.pools.map(\.name).sorted { $0.text < $1.text }
        return isPerPool
            ? pools.map { WorkerSet(name: WorkerSetName($0), pools: [$0]) } : [WorkerSet(name: .all, pools: pools)]
    }
}
