import Penstock

/// What the Lua library promises, written once more in the plainest way: every question looks at all jobs.
///
/// Numbers are rounded where the library rounds them, so that both agree to the last digit.
struct QueueModel {
    /// What a tenant that only an event brings back is parked until.
    static let never = 9e15
    static let consumers = ["worker-1", "worker-2"].map { ConsumerName($0) }

    enum Place: Equatable {
        case waiting, held, overdue, answered
        case delayed(until: Double)
        case running(key: String)
    }

    struct Entry {
        var job: Job
        var name: String
        var place = Place.waiting
        var attempts = 0
        var deaths = 0

        var flow: String { "\(job.jobClass.rawValue.prefix(1)):\(job.tenant)" }
        var deadline: Double { Double(job.deadline.milliseconds) }
    }

    struct Held {
        var lease: Lease
        var name: String
        var flow: String
        var target: String
        /// Milliseconds per request, token, input and output token of each group when it was taken.
        var groups: [(name: String, intervals: [String: Double])]
        var input: Int
        var output: Int
        var classWeight: Int
        var taken: Double
        var isCancelled = false
        var isOrphaned = false
    }

    /// The most that answers told, one more than that, since a moment and before it.
    struct Bucket {
        var most = 0.0
        var before = 0.0
        var since: Double
    }

    struct Feed {
        var number: Int
        var cursor: FeedCursor?
        var isPaused = false
    }

    let pool: Pool
    var now: Double

    var entries: [String: Entry] = [:]
    var leases: [String: Held] = [:]
    var policies: [TenantID: TenantPolicy] = [:]
    var ended: Set<String> = []
    /// Keys of leases that were given to others.
    var takenBack: Set<String> = []

    /// Virtual times of flows that take part; of those that do not, where it is above the floor; till when.
    var clocks: [String: Double] = [:]
    var idle: [String: Double] = [:]
    var parked: [String: Double] = [:]
    /// Floors of classes (`f:`), their virtual times (`v:`), what was served.
    var classes: [String: Double] = [:]
    /// Rate clocks of tenants: `r~` requests, `t~` tokens.
    var rates: [String: Double] = [:]
    var served: [String: Double] = [:]

    /// Rate clocks, blocks and uses by the library's names for them.
    var gates: [String: Double] = [:]
    /// Scope → `due`, or the lease that tries.
    var probes: [String: String] = [:]
    var stopped: Set<String> = []
    /// Limits that the provider told of, by dimension~group.
    var told: [String: (limit: Int, at: Double)] = [:]
    /// What the provider's buckets were seen to hold, likewise.
    var buckets: [String: Bucket] = [:]
    /// Requests of the present day, by group.
    var days: [String: (day: Int, count: Int)] = [:]
    var controls = PoolControls()

    /// Outcomes that wait for the ledger: `j~name` or `a~token`.
    var spool: Set<String> = []

    var feeds: [BatchID: Feed] = [:]
    var feedsBegun = 0
    var alarm: (at: Double, owner: ConsumerName)?
    /// What the next tick sweeps.
    var sweepTurn = 0

    init(pool: Pool, now: Timestamp) {
        self.pool = pool
        self.now = Double(now.milliseconds)
    }

    static let letters = ["i", "s", "b"]
    static func letter(_ flow: String) -> String { String(flow.prefix(1)) }
    static func tenant(_ flow: String) -> TenantID { TenantID(trusted: String(flow.dropFirst(2))) }

    func policy(_ tenant: TenantID) -> TenantPolicy { policies[tenant] ?? TenantPolicy() }

    func waiting(in flow: String) -> [Entry] {
        entries.values.filter { $0.place == .waiting && $0.flow == flow }
            .sorted { ($0.deadline, Array($0.name.utf8)) < ($1.deadline, Array($1.name.utf8)) }
    }

    func running(of tenant: TenantID) -> Int { leases.values.count { Self.tenant($0.flow) == tenant } }
    func running(on target: String) -> Int { leases.values.count { $0.target == target } }
    func running(in group: String) -> Int { leases.values.count { $0.groups.contains { $0.name == group } } }

    /// Virtual times are kept in thousandths.
    static func stored(_ clock: Double) -> Double { (clock * 1000 + 0.5).rounded(.down) / 1000 }
}

private func < (left: (Double, [UInt8]), right: (Double, [UInt8])) -> Bool {
    left.0 != right.0 ? left.0 < right.0 : left.1.lexicographicallyPrecedes(right.1)
}
