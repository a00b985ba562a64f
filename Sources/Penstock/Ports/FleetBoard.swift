/// Where workers, fleets and schedulers tell each other how many workers there are and should be. Redis is behind it.
///
/// Nobody on it is needed for long: what a process says fades when it falls silent. Errors are `QueueUnavailable`.
package protocol FleetBoard: Sendable {
    /// Says what a worker does now; to be repeated every second.
    func report(_ worker: WorkerReport) async throws

    /// Forgets a worker that ended.
    func withdraw(_ worker: ConsumerName) async throws

    /// Everything about a set at this moment.
    func look(at set: WorkerSetName) async throws -> FleetLook

    /// Lets one of many schedulers make the next plan.
    ///
    /// - Returns: false when somebody else had the turn less than `interval` ago.
    func takeTurn(at set: WorkerSetName, every interval: Duration) async throws -> Bool

    /// Replaces the plan of a set and wakes fleets.
    func publish(_ plan: WorkerPlan, waking fleets: [FleetClaim]) async throws

    /// Says what a fleet runs of the wanted workers; to be repeated every second.
    ///
    /// - Parameter version: of the look that the claim was drawn from.
    /// - Returns: false when other claims changed since then, and nothing was claimed.
    func claim(_ claim: FleetClaim, at version: Int) async throws -> Bool

    /// Gives a claim up, so that others take it over at once.
    func release(_ claim: FleetClaim) async throws

    /// Waits until a plan wakes this fleet, at most `timeout`. Of several fleets that wait each is woken, mostly: one
    /// that was not looks again after `timeout`.
    func waitForPlan(of set: WorkerSetName, timeout: Duration) async throws
}

/// What a worker says of itself.
package struct WorkerReport: Sendable, Equatable {
    /// The name under which it takes jobs.
    package var name: ConsumerName
    package var set: WorkerSetName
    package var host: String
    package var pid: Int
    /// Whether it takes no more jobs.
    package var isDraining: Bool
    package var slots: Int
    package var slotsInUse: Int
    /// Processors that it used lately.
    package var cpu: Double
    package var since: Timestamp

    package init(
        name: ConsumerName,
        set: WorkerSetName,
        host: String,
        pid: Int,
        isDraining: Bool,
        slots: Int,
        slotsInUse: Int,
        cpu: Double,
        since: Timestamp
    ) {
        self.name = name
        self.set = set
        self.host = host
        self.pid = pid
        self.isDraining = isDraining
        self.slots = slots
        self.slotsInUse = slotsInUse
        self.cpu = cpu
        self.since = since
    }
}

/// What one fleet runs of a set's workers.
package struct FleetClaim: Sendable, Equatable {
    /// Names the process; no two are ever the same.
    package var fleet: String
    package var set: WorkerSetName
    package var host: String
    package var count: Int
    /// Most that its machine allows.
    package var most: Int
    /// Workers that ended again and again before they were ready.
    package var failing: Int
    package var since: Timestamp

    package init(
        fleet: String,
        set: WorkerSetName,
        host: String,
        count: Int,
        most: Int,
        failing: Int,
        since: Timestamp
    ) {
        self.fleet = fleet
        self.set = set
        self.host = host
        self.count = count
        self.most = most
        self.failing = failing
        self.since = since
    }
}

/// What stands on the board at one moment.
package struct FleetLook: Sendable {
    /// By the queue's clock.
    package var now: Timestamp
    /// The last plan, however old; nil when there is none.
    package var plan: WorkerPlan?
    /// Fleets of the set that live.
    package var fleets: [FleetClaim]
    /// Changes with every change of a claim.
    package var version: Int
    /// Workers of all sets that live.
    package var workers: [WorkerReport]

    package init(now: Timestamp, plan: WorkerPlan?, fleets: [FleetClaim], version: Int, workers: [WorkerReport]) {
        self.now = now
        self.plan = plan
        self.fleets = fleets
        self.version = version
        self.workers = workers
    }

    /// The plan, while it may be acted on.
    package var freshPlan: WorkerPlan? { plan.flatMap { $0.isFresh(at: now) ? $0 : nil } }

    /// What the workers of a set are.
    package func workersNow(of set: WorkerSetName) -> WorkersNow {
        let own = workers.filter { $0.set == set }
        return WorkersNow(
            ready: own.count { !$0.isDraining },
            claimed: fleets.reduce(0) { $0 + $1.count },
            cpu: own.reduce(0) { $0 + $1.cpu },
            failing: fleets.reduce(0) { $0 + $1.failing },
            room: fleets.isEmpty ? nil : fleets.reduce(0) { $0 + $1.most }
        )
    }
}
