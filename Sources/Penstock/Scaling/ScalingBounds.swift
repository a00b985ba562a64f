/// What an operator allows the autoscaler, and what it aims at.
package struct ScalingBounds: Sendable, Equatable {
    /// Fewest workers of a set, over all machines.
    package var least: Int
    /// Most workers of a set, over all machines.
    package var most: Int
    /// Provider calls at once per worker.
    package var slots: Int
    /// In how long what waits should be worked off.
    package var drainTarget: Duration
    /// The part of one processor that a worker should use at most, 0 to 1.
    package var cpuTarget: Double
    /// The count goes down to the largest wish of so long.
    package var window: Duration
    /// No call is thought to take longer: the longest timeout of a target.
    package var longestCall: Duration

    package init(
        least: Int = 1,
        most: Int = 64,
        slots: Int = 256,
        drainTarget: Duration = .seconds(30),
        cpuTarget: Double = 0.7,
        window: Duration = .seconds(60),
        longestCall: Duration = .seconds(300)
    ) {
        self.least = least
        self.most = most
        self.slots = slots
        self.drainTarget = drainTarget
        self.cpuTarget = cpuTarget
        self.window = window
        self.longestCall = longestCall
    }
}
