package import Penstock

/// The Redis keys of one pool: fixed names under the pool's hash tag.
package struct PoolKeys: Sendable {
    /// Changes with the layout of the keys: a version that cannot read another one's queue does not see it.
    static let layout = "penstock:5:"
    private static let names = [
        "jobs", "shapes", "backlog", "vt:interactive", "vt:standard", "vt:batch", "parked", "due", "gates", "tenants",
        "ready", "leases", "delayed", "done", "bell", "tick", "epoch", "classes", "policies", "feeds", "tries",
        "overdue", "ended", "samples", "learned", "wake", "usage", "spool",
    ]
    /// The names of all pools that ever held a job: of no pool itself.
    package static let knownPools = layout + "pools"

    /// What the scripts call the keys: `vt:batch` is `VT_BATCH`.
    static let scriptNames = names.map { name in
        String(name.uppercased().map { $0 == ":" ? "_" : $0 })
    }

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

    /// The keys that a script declares: all that it may touch.
    func of(_ script: QueueScript) -> [String] { script.keys.map { all[$0] } }
}
