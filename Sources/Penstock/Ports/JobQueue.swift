/// The hot path of one pool: what waits, who holds what, and what may go now. Redis is behind it.
///
/// Every operation is atomic and may be repeated after a lost reply. Errors are `QueueUnavailable`, `QueueFull` or a
/// programming error; none of them loses an accepted job.
package protocol JobQueue: Sendable {
    var pool: PoolName { get }

    /// How long the connection to the queue has stood; nil while there is none. What was put in before that may have
    /// been set back by a restart or a failover: a job may wait again that has ended.
    var connectedFor: Duration? { get }

    /// The pool's present incarnation; minted when there is none.
    func epoch() async throws -> PoolEpoch

    // MARK: In

    /// Adds single jobs. A job whose id is known (waiting, running or lately finished) is left as it is.
    func enqueue(_ jobs: [Job]) async throws

    /// Adds one single job if caps and deadline allow it.
    ///
    /// - Parameter terms: whether to look at the deadline, and whether only to ask.
    /// - Returns: whether it was (or would be) taken in, and when it will probably start.
    func admit(_ job: Job, _ terms: AdmissionTerms) async throws -> Admission

    /// Adds lines of a batch and moves its feed cursor, if the cursor still is `from`.
    ///
    /// - Returns: false when the cursor was elsewhere and nothing was added.
    /// - Throws: `QueueFull` when a cap of the tenant or the pool leaves no room now.
    func feed(_ batch: BatchID, lines: [Job], from: FeedCursor?, to: FeedCursor) async throws -> Bool

    /// Where the feeding of a batch stands; nil when nothing was fed in this epoch.
    func feedState(of batch: BatchID) async throws -> FeedState?

    /// Forgets a batch's cursor, once it is terminal or to feed it again from the start.
    func forgetFeed(of batch: BatchID) async throws

    // MARK: Work

    /// Hands out up to `limit` jobs: fair between classes and tenants, paced to the limits, in time.
    func take(_ limit: Int, for consumer: ConsumerName) async throws -> TakeResult

    /// What a consumer holds and was given after the job with this key, oldest first, its leases renewed: a take whose
    /// reply was lost is asked for again.
    func held(by consumer: ConsumerName, after key: String?, limit: Int) async throws -> [TakenJob]

    /// Waits until there may be work, at most `timeout`.
    func waitForWork(timeout: Duration) async throws

    /// Keeps leases alive. A lease missing from the answer is still held.
    func renew(_ leases: [Lease], for consumer: ConsumerName) async throws -> [LeaseLoss]

    /// Ends a job after its terminal row is in the ledger: frees its slot, settles its estimate, removes it.
    ///
    /// - Returns: false when the lease is somebody else's, and nothing changed; true also for a lease that was ended so
    ///   before, as a call finds that is repeated after a lost reply.
    func settle(_ lease: Lease, _ settlement: Settlement) async throws -> Bool

    /// Gives a job back to run again after `delay`, or at once; answers as `settle` does.
    func retry(_ lease: Lease, _ settlement: Settlement, after delay: Duration, countsAttempt: Bool) async throws
        -> Bool

    // MARK: While the ledger is away

    /// Keeps the outcome of a lease until the ledger can take it; its job is not handed out again. The lease still has
    /// to be settled, or the job retried.
    func spool(_ lease: Lease, _ completion: Completion) async throws -> SpoolAnswer

    /// Outcomes that wait for the ledger, page by page; one may come twice.
    func spooled(after cursor: String?) async throws -> SpoolPage

    /// Forgets outcomes that the ledger has now, and the jobs that they ended.
    func unspool(_ entries: [SpooledCompletion]) async throws

    // MARK: Ends without a worker

    /// Removes jobs whose terminal row is in the ledger, wherever they are; a running call is told by `renew`.
    func remove(_ jobs: [QueuedJob]) async throws

    /// Removes one single job by its id, as `remove` does.
    func cancel(_ job: JobID) async throws

    /// Jobs past their deadline that wait, at most `limit`; the same ones again until they are removed.
    func overdue(limit: Int) async throws -> [QueuedJob]

    /// Live jobs of a batch in this pool, page by page, for cancelling them.
    func jobs(of batch: BatchID, after cursor: String?, limit: Int) async throws -> JobPage

    /// All live jobs of the pool, page by page; one may come twice.
    func jobs(after cursor: String?, limit: Int) async throws -> JobPage

    // MARK: Controls

    /// Changes class or deadline of live jobs, wherever they are; a running call keeps what it was taken with.
    ///
    /// - Returns: how many of them were known here.
    func change(_ jobs: [JobID], _ change: JobChange) async throws -> Int

    /// Holds back or lets go the lines of a batch that wait here, page by page as `jobs(of:after:limit:)` does.
    ///
    /// - Returns: the cursor of the next page; nil after the last.
    func setPaused(_ isPaused: Bool, linesOf batch: BatchID, after cursor: String?, limit: Int) async throws -> String?

    /// What the operator paused, effective at once.
    func setControls(_ controls: PoolControls) async throws

    /// Lets a target go on that stopped because its account had nothing left, or that waits for a block to end.
    func resume(target: String) async throws

    // MARK: Recovery

    /// Jobs whose worker stopped renewing; nothing changes until they are requeued or removed.
    func orphans(limit: Int) async throws -> [Orphan]

    /// Puts an orphan back into the backlog and frees its slot. The attempt's row is written before.
    func requeue(_ orphan: Orphan) async throws

    /// The scheduler's clock: brings back delayed jobs that are due, trims tombstones, notices outages.
    func tick() async throws -> PoolSnapshot

    // MARK: Questions

    /// What is known about a live job; nil when it is not here.
    func explain(_ job: JobID) async throws -> JobStatus?

    /// A tenant's live single jobs, newest first, at most `limit`.
    func liveJobs(of tenant: TenantID, limit: Int) async throws -> [JobStatus]

    /// A tenant's weight and cap of running jobs, effective at once.
    func setPolicy(_ policy: TenantPolicy, for tenant: TenantID) async throws

    /// Policies of many tenants, each effective at once.
    func setPolicies(_ policies: [(TenantID, TenantPolicy)]) async throws

    /// The whole pool at this moment, for operators. At most `tenants` tenants per class.
    func overview(tenants: Int) async throws -> PoolOverview

    /// What the autoscaler asks about the pool at this moment.
    ///
    /// - Parameter horizons: rising; jobs with a deadline within each are counted.
    func load(due horizons: [Duration]) async throws -> PoolLoad

    /// What was learned from the calls of this pool.
    func experience() async throws -> PoolExperience

    /// Returns when the pool may hold jobs, or `timeout` is over: who keeps a pool need not ask an empty one.
    func waitForJobs(timeout: Duration) async throws
}

extension JobQueue {
    package func setPolicies(_ policies: [(TenantID, TenantPolicy)]) async throws {
        for (tenant, policy) in policies { try await setPolicy(policy, for: tenant) }
    }
}

/// Where a pool's reader of an input file stands: the next line and its byte.
package struct FeedCursor: Sendable, Equatable {
    package var line: Int
    package var offset: Int64

    package init(line: Int, offset: Int64) {
        self.line = line
        self.offset = offset
    }

    /// Before the first line.
    package static let start = FeedCursor(line: 1, offset: 0)

    /// After the last line.
    package static let end = FeedCursor(line: 0, offset: 0)
}

/// How far a batch is fed in one pool, and how many of its lines live there.
package struct FeedState: Sendable, Equatable {
    package var cursor: FeedCursor
    package var live: Int

    package init(cursor: FeedCursor, live: Int) {
        self.cursor = cursor
        self.live = live
    }
}

/// The right to work on a job for a while.
package struct Lease: Sendable, Hashable {
    package let pool: PoolName
    /// The entry in the ready stream.
    package let key: String
    package let token: AttemptID

    package init(pool: PoolName, key: String, token: AttemptID) {
        self.pool = pool
        self.key = key
        self.token = token
    }
}

/// A job in the hands of a worker.
package struct TakenJob: Sendable {
    package var job: Job
    package var lease: Lease
    /// The name of the target whose limits were reserved.
    package var target: String
    /// Calls that counted before this one.
    package var earlierAttempts: Int
    /// Workers that died holding the job. Above 0 the ledger is asked before a provider is called.
    package var deaths: Int

    package init(job: Job, lease: Lease, target: String, earlierAttempts: Int, deaths: Int) {
        self.job = job
        self.lease = lease
        self.target = target
        self.earlierAttempts = earlierAttempts
        self.deaths = deaths
    }
}

/// What `take` gave.
package struct TakeResult: Sendable {
    package var jobs: [TakenJob]
    /// When to ask again: zero is at once, as there may be more; nil when only the bell will tell.
    package var wait: Duration?

    package init(jobs: [TakenJob], wait: Duration?) {
        self.jobs = jobs
        self.wait = wait
    }
}

/// A lease that `renew` could not keep, and why.
package struct LeaseLoss: Sendable {
    package enum Reason: Sendable {
        /// Somebody else has the job, or it ended.
        case lost
        /// The job was cancelled or expired: abort the call, settle as told by the ledger.
        case cancelled
    }

    package var lease: Lease
    package var reason: Reason

    package init(lease: Lease, reason: Reason) {
        self.lease = lease
        self.reason = reason
    }
}

/// What a call really used, for limits and fairness.
package struct Settlement: Sendable {
    /// Actual tokens; nil keeps the estimate.
    package var usage: Usage?
    /// Whether the provider may have counted the call; if not, its reservation is given back.
    package var mayHaveBeenSent: Bool
    /// Whether the tenant pays for it in fairness; a failure that is not its fault is free.
    package var chargesTenant: Bool
    /// What it says about the target.
    package var target: TargetVerdict
    /// What the provider said about its limits.
    package var signals: RateSignals?
    /// From sending to the whole answer, of a call that succeeded.
    package var serviceTime: Duration?
    /// From sending to the first byte of the answer.
    package var firstByte: Duration?

    package init(
        usage: Usage?,
        mayHaveBeenSent: Bool,
        chargesTenant: Bool,
        target: TargetVerdict = .none,
        signals: RateSignals? = nil,
        serviceTime: Duration? = nil,
        firstByte: Duration? = nil
    ) {
        self.usage = usage
        self.mayHaveBeenSent = mayHaveBeenSent
        self.chargesTenant = chargesTenant
        self.target = target
        self.signals = signals
        self.serviceTime = serviceTime
        self.firstByte = firstByte
    }
}

/// A live job and the queue's own name for it.
package struct QueuedJob: Sendable {
    package var job: Job
    package var entry: String
    package var attempts: Int

    package init(job: Job, entry: String, attempts: Int) {
        self.job = job
        self.entry = entry
        self.attempts = attempts
    }
}

/// One page of a listing; `cursor` is nil on the last one.
package struct JobPage: Sendable {
    package var jobs: [QueuedJob]
    package var cursor: String?

    package init(jobs: [QueuedJob], cursor: String?) {
        self.jobs = jobs
        self.cursor = cursor
    }
}

/// A job whose worker is gone.
package struct Orphan: Sendable {
    package var job: Job
    package var lease: Lease
    package var target: String
    package var takenAt: Timestamp
    package var attempts: Int
    /// Workers that died holding it, this one included.
    package var deaths: Int

    package init(
        job: Job,
        lease: Lease,
        target: String,
        takenAt: Timestamp,
        attempts: Int,
        deaths: Int
    ) {
        self.job = job
        self.lease = lease
        self.target = target
        self.takenAt = takenAt
        self.attempts = attempts
        self.deaths = deaths
    }
}

/// Where a live job stands.
package struct JobStatus: Sendable {
    package enum Phase: Sendable, Equatable {
        case waiting(WaitReason)
        case running(target: String, since: Timestamp)
        /// Between two attempts.
        case delayed(until: Timestamp)
        /// Its outcome waits for the ledger.
        case answered
    }

    package var job: Job
    package var phase: Phase
    package var attempts: Int
    /// Jobs of the same tenant and class that go before it; nil when it does not wait.
    package var position: Int?
    /// In how long it will probably start, measured by how fast its class drains; nil when unknown or not waiting.
    package var expectedStart: Duration?

    package init(job: Job, phase: Phase, attempts: Int, position: Int?, expectedStart: Duration? = nil) {
        self.job = job
        self.phase = phase
        self.attempts = attempts
        self.position = position
        self.expectedStart = expectedStart
    }
}

/// What a waiting job waits for.
package enum WaitReason: String, Sendable, CaseIterable {
    case tenantShare = "tenant_share"
    case requests, tokens, slots
    case providerBlocked = "provider_blocked"
    case retryDelay = "retry_delay"
    case noWorker = "no_worker"
    /// The ledger does not take what calls bring, and no more of it fits into the queue.
    case ledger
    /// An operator or the tenant's administrator paused it: pool, target, tenant or batch.
    case paused
}

/// Numbers of one pool for metrics.
package struct PoolSnapshot: Sendable, Equatable {
    package var waiting: Int
    package var running: Int
    package var delayed: Int
    package var tenants: Int
    /// Outcomes that wait for the ledger, and their bytes.
    package var spooled: Int
    package var spooledBytes: Int

    package init(waiting: Int, running: Int, delayed: Int, tenants: Int, spooled: Int = 0, spooledBytes: Int = 0) {
        self.waiting = waiting
        self.running = running
        self.delayed = delayed
        self.tenants = tenants
        self.spooled = spooled
        self.spooledBytes = spooledBytes
    }

    /// Whether the pool holds nothing at all.
    package var isEmpty: Bool { waiting + running + delayed + spooled == 0 }
}

/// The queue cannot be reached or does not answer.
package struct QueueUnavailable: Error, CustomStringConvertible {
    package let description: String
    /// Whether the operation may have happened all the same.
    package let mayHaveHappened: Bool

    package init(_ description: String, mayHaveHappened: Bool = false) {
        self.description = description
        self.mayHaveHappened = mayHaveHappened
    }
}

/// The queue has no room; nothing was added.
package struct QueueFull: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
