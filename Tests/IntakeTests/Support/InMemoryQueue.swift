import Penstock
import Synchronization

/// A queue that holds what it is given until a test takes it out.
final class InMemoryQueue: JobQueue {
    struct State {
        var epoch = IDGenerator.epoch()
        var live: [JobID: JobStatus] = [:]
        var enqueued: [JobID] = []
        var cancelled: [JobID] = []
        var policies: [TenantID: TenantPolicy] = [:]
        /// What the door says.
        var admission = Admission.accepted(expectedStart: nil)
        var terms: [AdmissionTerms] = []
        var changes: [JobID: JobChange] = [:]
        var controls = PoolControls()
        var resumed: Set<String> = []
        var experience = PoolExperience()
        /// How often it was asked for.
        var experienceLooks = 0
        /// What asking for it throws.
        var experienceFailure: (any Error)?
        /// Tenants per class that were asked for.
        var overviewTenants: [Int] = []
        var overview = PoolOverview(
            isPaused: false,
            waiting: 0,
            running: 0,
            delayed: 0,
            flows: 0,
            takenJobs: 0,
            takenTokens: 0,
            targets: [],
            groups: [],
            tenants: []
        )
        /// What every call throws.
        var failure: (any Error)?
        /// What enqueue throws.
        var refusal: (any Error)?
    }

    let pool: PoolName
    private let state = Mutex(State())

    init(_ pool: PoolName) {
        self.pool = pool
    }

    /// Looks at or changes the whole, from outside.
    func edit<Value>(_ body: (inout State) -> sending Value) -> sending Value { state.withLock(body) }

    private func access<Value>(_ body: (inout State) throws -> sending Value) throws -> sending Value {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            return try body(&state)
        }
    }

    func epoch() async throws -> PoolEpoch { try access { $0.epoch } }

    func enqueue(_ jobs: [Job]) async throws {
        try access { state in
            if let refusal = state.refusal { throw refusal }
            for job in jobs where state.live[job.id] == nil {
                state.live[job.id] = JobStatus(job: job, phase: .waiting(.tokens), attempts: 0, position: 3)
                state.enqueued.append(job.id)
            }
        }
    }

    func cancel(_ job: JobID) async throws {
        try access { state in
            state.live[job] = nil
            state.cancelled.append(job)
        }
    }

    func remove(_ jobs: [QueuedJob]) async throws {
        for job in jobs { try await cancel(job.job.id) }
    }

    func explain(_ job: JobID) async throws -> JobStatus? { try access { $0.live[job] } }

    func liveJobs(of tenant: TenantID, limit: Int) async throws -> [JobStatus] {
        try access { state in
            let found = state.live.values.filter { $0.job.tenant == tenant && $0.job.line == nil }
            return Array(found.sorted { $0.job.id.text > $1.job.id.text }.prefix(limit))
        }
    }

    func setPolicy(_ policy: TenantPolicy, for tenant: TenantID) async throws {
        try access { $0.policies[tenant] = policy }
    }

    func admit(_ job: Job, _ terms: AdmissionTerms) async throws -> Admission {
        let answer = try access { state in
            state.terms.append(terms)
            return state.admission
        }
        if case .accepted = answer, !terms.onlyAsk { try await enqueue([job]) }
        return answer
    }

    func change(_ jobs: [JobID], _ change: JobChange) async throws -> Int {
        try access { state in
            let known = jobs.filter { state.live[$0] != nil }
            for id in known {
                state.changes[id] = change
                if let jobClass = change.jobClass { state.live[id]?.job.jobClass = jobClass }
                if let deadline = change.deadline { state.live[id]?.job.deadline = deadline }
            }
            return known.count
        }
    }

    func setControls(_ controls: PoolControls) async throws { try access { $0.controls = controls } }

    func resume(target: String) async throws { try access { _ = $0.resumed.insert(target) } }

    func load(due horizons: [Duration]) async throws -> PoolLoad { PoolLoad(at: Timestamp(milliseconds: 0)) }

    func overview(tenants: Int) async throws -> PoolOverview {
        try access { state in
            state.overviewTenants.append(tenants)
            return state.overview
        }
    }

    func experience() async throws -> PoolExperience {
        try access { state in
            state.experienceLooks += 1
            if let failure = state.experienceFailure { throw failure }
            return state.experience
        }
    }

    // What follows is the workers' and the scheduler's business: Intake must not call it.

    private struct NotIntakes: Error {}

    func feed(_ batch: BatchID, lines: [Job], from: FeedCursor?, to: FeedCursor) async throws -> Bool {
        throw NotIntakes()
    }
    func feedState(of batch: BatchID) async throws -> FeedState? { throw NotIntakes() }
    func forgetFeed(of batch: BatchID) async throws { throw NotIntakes() }
    func take(_ limit: Int, for consumer: ConsumerName) async throws -> TakeResult { throw NotIntakes() }
    func held(by consumer: ConsumerName, after key: String?, limit: Int) async throws -> [TakenJob] {
        throw NotIntakes()
    }
    func spool(_ lease: Lease, _ completion: Completion) async throws -> SpoolAnswer { throw NotIntakes() }
    func spooled(after cursor: String?) async throws -> SpoolPage { throw NotIntakes() }
    func unspool(_ entries: [SpooledCompletion]) async throws { throw NotIntakes() }
    func waitForWork(timeout: Duration) async throws { throw NotIntakes() }
    func renew(_ leases: [Lease], for consumer: ConsumerName) async throws -> [LeaseLoss] { throw NotIntakes() }
    func settle(_ lease: Lease, _ settlement: Settlement) async throws -> Bool { throw NotIntakes() }
    func retry(_ lease: Lease, _ settlement: Settlement, after delay: Duration, countsAttempt: Bool) async throws
        -> Bool
    { throw NotIntakes() }
    func overdue(limit: Int) async throws -> [QueuedJob] { throw NotIntakes() }
    func jobs(of batch: BatchID, after cursor: String?, limit: Int) async throws -> JobPage { throw NotIntakes() }
    func jobs(after cursor: String?, limit: Int) async throws -> JobPage { throw NotIntakes() }
    func orphans(limit: Int) async throws -> [Orphan] { throw NotIntakes() }
    func requeue(_ orphan: Orphan) async throws { throw NotIntakes() }
    func tick() async throws -> PoolSnapshot { throw NotIntakes() }
    func setPaused(_ isPaused: Bool, linesOf batch: BatchID, after cursor: String?, limit: Int) async throws
        -> String?
    { throw NotIntakes() }
    var connectedFor: Duration? { nil }
    func waitForJobs(timeout: Duration) async throws { throw NotIntakes() }
}
