package import Penstock

/// The Redis keys of one pool: fixed names under the pool's hash tag, in the order in which the scripts expect them.
package struct PoolKeys: Sendable {
    /// Changes with the layout of the keys: a version that cannot read another one's queue does not see it.
    private static let layout = "penstock:3:"
    private static let names = [
        "jobs", "shapes", "backlog", "vt:interactive", "vt:standard", "vt:batch", "parked", "due", "gates", "tenants",
        "ready", "leases", "delayed", "done", "bell", "tick", "epoch", "idle", "classes", "policies", "feeds", "tries",
        "overdue", "ended", "samples", "learned", "wake", "usage", "spool",
    ]
    /// The names of all pools that ever held a job: of no pool itself.
    package static let knownPools = layout + "pools"

    /// All keys, as every script declares them.
    package let all: [String]
    package let epoch: String
    package let bell: String
    /// Rung when an empty pool gets a job.
    package let wake: String
    /// The channel on which the ids of ended single jobs are published.
    package let ended: String

    package init(pool: PoolName) {
        let prefix = Self.layout + "{\(pool)}:"
        all = Self.names.map { prefix + $0 }
        epoch = prefix + "epoch"
        bell = prefix + "bell"
        wake = prefix + "wake"
        ended = prefix + "ended"
    }
}
