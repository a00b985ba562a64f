/// All pools at one moment, and a glance at their workers.
struct PoolsLook: Sendable {
    /// Since any fixed moment; never runs backwards.
    let time: Duration
    let pools: [PoolView]
    var fleet = FleetGlance()
}

/// The looks of the recent past. Rates are drawn over all of it: between two looks a moment apart, whether a single large
/// job fell into it would decide a tenant's share. Pure.
struct LookHistory: Sendable {
    private let window: Duration
    private(set) var looks: [PoolsLook] = []

    init(window: Duration = .seconds(30)) {
        self.window = window
    }

    mutating func record(_ look: PoolsLook) {
        if let last = looks.last, Self.beganAnew(last, look) { looks = [] }
        looks.append(look)
        // One look from before the window stays: slow looks would have no rates at all.
        while looks.count > 2, looks[1].time <= look.time - window { looks.removeFirst() }
    }

    /// What happened in a pool of the last look.
    func difference(of id: String) -> PoolDifference {
        let seen = looks.compactMap { look in look.pools.first { $0.id == id }.map { (look.time, $0) } }
        return PoolDifference(seen)
    }

    /// A queue that was lost counts from zero.
    private static func beganAnew(_ last: PoolsLook, _ look: PoolsLook) -> Bool {
        look.pools.contains { pool in
            guard let before = last.pools.first(where: { $0.id == pool.id })?.takenJobs, let now = pool.takenJobs else {
                return false
            }
            return now < before
        }
    }
}
