/// What the autoscaler is told of one pool at one moment.
package struct PoolLoad: Sendable, Equatable {
    /// Jobs that wait and whose deadline is near.
    package struct Due: Sendable, Equatable {
        package var within: Duration
        package var jobs: Int

        package init(within: Duration, jobs: Int) {
            self.within = within
            self.jobs = jobs
        }
    }

    /// By the queue's clock.
    package var at: Timestamp
    package var isPaused: Bool
    package var waiting: Int
    /// Of these, held back by limits and caps of their own tenants.
    package var heldByTenants: Int
    /// Of these, held back because their tenants are paused.
    package var heldByPauses: Int
    package var running: Int
    package var delayed: Int
    /// Jobs handed to workers since the pool began.
    package var takenJobs: Int
    /// Bytes of results that wait for the ledger: above 0 it refuses them.
    package var spooledBytes: Int
    /// Nearest first; each counts those of the one before, too.
    package var due: [Due]
    package var targets: [TargetOverview]
    package var groups: [LimitGroupOverview]
    /// Target → the limit groups that its calls count against.
    package var groupsOfTargets: [String: [String]]
    /// Estimated tokens of a live job on average; nil without live jobs.
    package var tokensPerJob: Double?
    /// Lines of batches that are meant for the pool and not yet in its queue.
    package var unfed: Int

    package init(
        at: Timestamp,
        isPaused: Bool = false,
        waiting: Int = 0,
        heldByTenants: Int = 0,
        heldByPauses: Int = 0,
        running: Int = 0,
        delayed: Int = 0,
        takenJobs: Int = 0,
        spooledBytes: Int = 0,
        due: [Due] = [],
        targets: [TargetOverview] = [],
        groups: [LimitGroupOverview] = [],
        groupsOfTargets: [String: [String]] = [:],
        tokensPerJob: Double? = nil,
        unfed: Int = 0
    ) {
        self.at = at
        self.isPaused = isPaused
        self.waiting = waiting
        self.heldByTenants = heldByTenants
        self.heldByPauses = heldByPauses
        self.running = running
        self.delayed = delayed
        self.takenJobs = takenJobs
        self.spooledBytes = spooledBytes
        self.due = due
        self.targets = targets
        self.groups = groups
        self.groupsOfTargets = groupsOfTargets
        self.tokensPerJob = tokensPerJob
        self.unfed = unfed
    }

    /// What could be taken now if there were workers and limits enough.
    package var runnable: Int { max(0, waiting - heldByTenants - heldByPauses) }

    /// What is to be worked off: in the queue and behind it.
    var backlog: Int { runnable + unfed }
}
