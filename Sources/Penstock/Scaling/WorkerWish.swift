/// What the workers of a set are at one moment.
package struct WorkersNow: Sendable, Equatable {
    /// Workers that take jobs.
    package var ready: Int
    /// Workers that fleets are to run.
    package var claimed: Int
    /// Processors that the set's workers use together.
    package var cpu: Double
    /// Workers that ended again and again before they were ready.
    package var failing: Int
    /// Most that the machines allow; nil when none has told.
    package var room: Int?

    package init(ready: Int = 0, claimed: Int = 0, cpu: Double = 0, failing: Int = 0, room: Int? = nil) {
        self.ready = ready
        self.claimed = claimed
        self.cpu = cpu
        self.failing = failing
        self.room = room
    }
}

/// How many workers a set should have at this moment, and why: the whole decision but for its slow way down
/// (`WishHistory`).
package struct WorkerWish: Sendable, Equatable {
    package var count: Int
    package var reason: ScalingReason
    /// The pool that `reason` speaks of; nil when it is not one pool's.
    package var pool: PoolName?
    /// Calls at once that the pools need together.
    package var calls: Double
    /// Workers for these calls, and workers for what they use of the processors.
    package var bySlots: Int
    package var byCPU: Int
    /// Most that settings and machines allow.
    package var most: Int

    package init(
        count: Int,
        reason: ScalingReason,
        pool: PoolName?,
        calls: Double,
        bySlots: Int,
        byCPU: Int,
        most: Int
    ) {
        self.count = count
        self.reason = reason
        self.pool = pool
        self.calls = calls
        self.bySlots = bySlots
        self.byCPU = byCPU
        self.most = most
    }

    /// - Parameters:
    ///   - demands: those of all pools that the set serves.
    ///   - now: the set's workers.
    package static func desired(_ demands: [PoolDemand], _ now: WorkersNow, _ bounds: ScalingBounds) -> WorkerWish {
        let calls = demands.reduce(0) { $0 + $1.calls }
        let needed = demands.contains(where: \.needsWorker) ? 1 : 0
        // A hair is no worker.
        let bySlots = max(needed, Int((calls / Double(bounds.slots) - 0.001).rounded(.up)))
        // Workers without work use a little, too.
        let byCPU = bySlots == 0 ? 0 : Int((now.cpu / bounds.cpuTarget - 0.001).rounded(.up))
        let leading = demands.filter { $0.reason != .idle }.max { $0.weight < $1.weight }
        var wish = WorkerWish(
            count: max(bySlots, byCPU),
            reason: leading?.reason ?? .idle,
            pool: leading?.pool,
            calls: calls,
            bySlots: bySlots,
            byCPU: byCPU,
            most: min(bounds.most, now.room ?? bounds.most)
        )
        if byCPU > bySlots { (wish.reason, wish.pool) = (.cpu, nil) }
        if demands.contains(where: { $0.reason == .ledgerDown }) {
            (wish.reason, wish.count) = (.ledgerDown, min(wish.count, max(now.ready, needed)))
        }
        wish.bound(now, bounds)
        return wish
    }

    private mutating func bound(_ now: WorkersNow, _ bounds: ScalingBounds) {
        if count > most { (reason, pool) = (.atMax, nil) }
        count = min(max(count, bounds.least), most)
        if now.failing > 0, now.ready < count { (reason, pool) = (.crashLoop, nil) }
    }
}

extension PoolDemand {
    /// Of two pools the one that needs more calls tells the reason, and of equal ones the one with more to do.
    fileprivate var weight: (Double, Double) { (calls, wantedPerSecond) }
}
