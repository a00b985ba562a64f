package import Penstock

/// The Redis keys of one pool: fixed names under the pool's hash tag, in the order in which the scripts expect them.
package struct PoolKeys: Sendable {
    private static let names = [
        "jobs", "ids", "backlog", "vt:interactive", "vt:standard", "vt:batch", "parked", "due", "limits", "slots",
        "ready", "leases", "delayed", "done", "bell", "tick", "epoch", "idle", "classes", "policies", "feeds", "tries",
        "overdue", "ended",
    ]

    /// All keys, as every script declares them.
    package let all: [String]
    package let epoch: String
    package let bell: String
    package let feeds: String
    /// The channel on which the ids of ended single jobs are published.
    package let ended: String

    package init(pool: PoolName) {
        let prefix = "penstock:{\(pool)}:"
        all = Self.names.map { prefix + $0 }
        epoch = prefix + "epoch"
        bell = prefix + "bell"
        feeds = prefix + "feeds"
        ended = prefix + "ended"
    }
}
