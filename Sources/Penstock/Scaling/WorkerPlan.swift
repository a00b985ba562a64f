/// How many workers a set should have, why, and what that was drawn from. Any scheduler makes the next one out of the
/// last one; none of them has to live for that.
package struct WorkerPlan: Sendable, Equatable {
    package var set: WorkerSet
    package var count: Int
    package var reason: ScalingReason
    /// Says the reason to people.
    package var explanation: String
    /// What would be right at this moment, before the slow way down.
    package var wish: WorkerWish
    package var demands: [PoolDemand]
    /// What the workers were.
    package var now: WorkersNow
    package var bounds: ScalingBounds
    package var plannedAt: Timestamp
    /// What the next plan needs of this one.
    package var history: WishHistory
    package var paces: [PoolName: PoolPace]

    package init(
        set: WorkerSet,
        count: Int,
        reason: ScalingReason,
        explanation: String,
        wish: WorkerWish,
        demands: [PoolDemand],
        now: WorkersNow,
        bounds: ScalingBounds,
        plannedAt: Timestamp,
        history: WishHistory,
        paces: [PoolName: PoolPace]
    ) {
        self.set = set
        self.count = count
        self.reason = reason
        self.explanation = explanation
        self.wish = wish
        self.demands = demands
        self.now = now
        self.bounds = bounds
        self.plannedAt = plannedAt
        self.history = history
        self.paces = paces
    }

    /// Since when the count is what it is.
    package var since: Timestamp { history.since ?? plannedAt }

    /// What it was drawn from, in one line for the log.
    package var inputsText: String { PlanText.inputs(of: self) }

    /// How long a plan may be acted on: an older one says nothing about now.
    package static let lifetime = Duration.seconds(10)

    /// Whether it may still be acted on.
    package func isFresh(at moment: Timestamp) -> Bool { moment.since(plannedAt) < Self.lifetime }

    /// The next plan.
    ///
    /// - Parameters:
    ///   - last: the plan before, if there is one.
    ///   - loads: one for every pool of the set.
    ///   - moment: by the queue's clock.
    package init(
        of set: WorkerSet,
        after last: WorkerPlan?,
        loads: [PoolName: PoolLoad],
        now: WorkersNow,
        bounds: ScalingBounds,
        at moment: Timestamp
    ) {
        var paces: [PoolName: PoolPace] = [:]
        var demands: [PoolDemand] = []
        for pool in set.pools {
            guard let load = loads[pool] else { continue }
            var pace = last?.paces[pool] ?? PoolPace()
            pace.note(load)
            paces[pool] = pace
            demands.append(PoolDemand(pool, load, pace, bounds))
        }
        let wish = WorkerWish.desired(demands, now, bounds)
        var history = last?.history ?? WishHistory()
        let count = history.settle(
            wish.count,
            ready: max(now.ready, now.claimed),
            most: wish.most,
            window: bounds.window,
            at: moment
        )
        let isHeld = count > wish.count && wish.reason != .ledgerDown && wish.reason != .crashLoop
        self.init(
            set: set,
            count: count,
            reason: isHeld ? .draining : wish.reason,
            explanation: "",
            wish: wish,
            demands: demands,
            now: now,
            bounds: bounds,
            plannedAt: moment,
            history: history,
            paces: paces
        )
        explanation = PlanText.explanation(of: self)
    }
}
