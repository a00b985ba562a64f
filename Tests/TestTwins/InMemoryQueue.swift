package import Penstock
import Synchronization

/// A pool's queue in an array: the port's promises without limits and fairness.
package final class InMemoryQueue: JobQueue {
    package enum Place: Sendable, Equatable {
        case waiting, delayed
        /// Its batch is paused.
        case held
        /// Its outcome is in the spool.
        case answered
        case running(Lease)
    }

    package struct Item: Sendable {
        package var job: Job
        package var entry: String
        package var place = Place.waiting
        package var attempts = 0
        package var deaths = 0
        package var isCancelled = false
        package var isOrphaned = false
    }

    package struct State {
        package var items: [Item] = []
        package var feeds: [BatchID: FeedCursor] = [:]
        package var settlements: [JobID: Settlement] = [:]
        package var policies: [TenantID: TenantPolicy] = [:]
        /// The most lines of one batch that were live at one moment.
        package var mostLive = 0
        /// The numbers of lines in the order in which they were fed.
        package var fedLines: [Int] = []
        /// What every call throws.
        package var failure: (any Error)?
        /// What the door says.
        package var admission = Admission.accepted(expectedStart: nil)
        package var controls = PoolControls()
        /// What somebody else does while the next controls or policy are on their way.
        package var meanwhile: (@Sendable () async throws -> Void)?
        package var resumed: Set<String> = []
        package var experience = PoolExperience()
        package var load = PoolLoad(at: Timestamp(milliseconds: 0))
        package var overview = PoolOverview(
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
        /// What every feed throws, and how often it did.
        package var feedFailure: (any Error)?
        package var refusedFeeds = 0
        /// The pool's incarnations so far.
        package var epoch = 1
        /// Sleeps in the queue so far.
        package var sleeps = 0
        package var ticks = 0
        /// What every renewal throws.
        package var renewalFailure: (any Error)?
        /// Outcomes that wait for the ledger, and how many may.
        package var spool: [SpooledCompletion] = []
        package var spoolLimit = Int.max
        package var connectedFor: Duration? = .seconds(1_000_000_000)
        /// What the next takes throw after they took.
        package var takeFailures: [any Error] = []
        /// How long a take takes.
        package var takeDelays: [Duration] = []
        /// Leases that the next renewals report as lost.
        package var lostLeases: Set<Lease> = []
        var nextEntry = 1
    }

    package let pool: PoolName
    private let target: String
    private let clock: WallClock
    private let journal: Journal
    private let state = Mutex(State())

    package init(_ pool: PoolName, target: String = "t1", clock: WallClock, journal: Journal = Journal()) {
        self.pool = pool
        self.target = target
        self.clock = clock
        self.journal = journal
    }

    /// Looks at or changes the whole, from outside.
    package func edit<Value>(_ body: (inout State) -> sending Value) -> sending Value { state.withLock(body) }

    /// What is known of a job; nil when it is gone.
    package func item(_ job: JobID) -> Item? { state.withLock { state in state.items.first { $0.job.id == job } } }

    /// Loses everything, as a wiped Redis does.
    package func wipe() {
        state.withLock { state in
            state.items = []
            state.feeds = [:]
            state.epoch += 1
        }
    }

    /// Marks a running job's worker as dead, once more.
    package func abandon(_ job: JobID) {
        change(job) { $0.isOrphaned = true }
    }

    private func change(_ job: JobID, _ body: (inout Item) -> Void) {
        state.withLock { state in
            for index in state.items.indices where state.items[index].job.id == job { body(&state.items[index]) }
        }
    }

    private func access<Value>(_ body: (inout State) throws -> sending Value) throws -> sending Value {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            return try body(&state)
        }
    }

    // MARK: In

    package var connectedFor: Duration? { state.withLock { $0.connectedFor } }

    package func epoch() async throws -> PoolEpoch { try access { PoolEpoch("epoch\($0.epoch)") } }

    package func enqueue(_ jobs: [Job]) async throws {
        try access { state in
            for job in jobs where !state.items.contains(where: { $0.job.id == job.id }) { state.add(job) }
        }
        for job in jobs { journal.note("enqueue \(job.id)") }
    }

    package func feed(_ batch: BatchID, lines: [Job], from: FeedCursor?, to: FeedCursor) async throws -> Bool {
        try access { state in
            if let failure = state.feedFailure {
                state.refusedFeeds += 1
                throw failure
            }
            guard state.feeds[batch] == from else { return false }
            state.feeds[batch] = to
            for job in lines { state.add(job) }
            state.fedLines += lines.compactMap { $0.line?.number }
            state.mostLive = max(state.mostLive, state.live(batch))
            return true
        }
    }

    package func feedState(of batch: BatchID) async throws -> FeedState? {
        try access { state in state.feeds[batch].map { FeedState(cursor: $0, live: state.live(batch)) } }
    }

    package func forgetFeed(of batch: BatchID) async throws { try access { $0.feeds[batch] = nil } }

    // MARK: Work

    package func take(_ limit: Int, for consumer: ConsumerName) async throws -> TakeResult {
        let delay = try access { $0.takeDelays.isEmpty ? nil : $0.takeDelays.removeFirst() }
        let result = try access { state in state.take(limit, pool: pool, target: target, now: clock.now()) }
        if let delay { try await Task.sleep(for: delay) }
        let failure = state.withLock { $0.takeFailures.isEmpty ? nil : $0.takeFailures.removeFirst() }
        if let failure { throw failure }
        return result
    }

    package func held(by consumer: ConsumerName, after key: String?, limit: Int) async throws -> [TakenJob] {
        journal.note("held after \(key ?? "none")")
        return try access { state in
            state.items.compactMap { item in
                guard case .running(let lease) = item.place, lease.key > key ?? "", !item.isOrphaned else { return nil }
                return state.taken(item, lease, target: target)
            }
        }
    }

    package func waitForWork(timeout: Duration) async throws {
        // Nobody rings here: a short wait is an early return, which the port allows.
        try await Task.sleep(for: min(timeout, .milliseconds(5)))
    }

    package func renew(_ leases: [Lease], for consumer: ConsumerName) async throws -> [LeaseLoss] {
        let losses = try access { state in
            if let failure = state.renewalFailure { throw failure }
            return leases.compactMap { state.loss(of: $0) }
        }
        journal.note("renew")
        return losses
    }

    package func settle(_ lease: Lease, _ settlement: Settlement) async throws -> Bool {
        let job = try access { state -> JobID? in
            guard let index = state.index(of: lease) else { return nil }
            let item = state.items[index]
            state.settlements[item.job.id] = settlement
            if state.isAnswered(item.job.id), !item.isCancelled {
                state.items[index].place = .answered
            } else {
                state.items.remove(at: index)
            }
            return item.job.id
        }
        journal.note(job.map { "settle \($0)" } ?? "settle refused")
        return job != nil
    }

    package func retry(_ lease: Lease, _ settlement: Settlement, after delay: Duration, countsAttempt: Bool)
        async throws -> Bool
    {
        let job = try access { state -> JobID? in
            guard let index = state.index(of: lease) else { return nil }
            let job = state.items[index].job.id
            state.settlements[job] = settlement
            if state.items[index].isCancelled {
                state.items.remove(at: index)
            } else {
                state.items[index].place = delay > .zero ? .delayed : .waiting
                state.items[index].attempts += countsAttempt ? 1 : 0
                state.items[index].isOrphaned = false
            }
            return job
        }
        journal.note(job.map { "retry \($0)" } ?? "retry refused")
        return job != nil
    }

    // MARK: While the ledger is away

    package func spool(_ lease: Lease, _ completion: Completion) async throws -> SpoolAnswer {
        let answer = try access { state -> SpoolAnswer in
            guard let index = state.index(of: lease) else { return .lost }
            let job = state.items[index].job.id
            let entry = completion.terminal == nil ? "a~\(lease.token)" : "j~\(job)"
            if state.spool.contains(where: { $0.entry == entry }) { return .kept }
            guard state.spool.count < state.spoolLimit else { return .full }
            state.spool.append(SpooledCompletion(entry: entry, completion: completion))
            return .kept
        }
        journal.note("spool \(answer)")
        return answer
    }

    package func spooled(after cursor: String?) async throws -> SpoolPage {
        try access { SpoolPage(entries: $0.spool, damaged: 0, cursor: nil) }
    }

    package func unspool(_ entries: [SpooledCompletion]) async throws {
        let names = Set(entries.map(\.entry))
        try access { state in
            let ended = state.spool.filter { names.contains($0.entry) }.compactMap { $0.completion.terminal?.job }
            state.spool.removeAll { names.contains($0.entry) }
            state.items.removeAll { $0.place == .answered && ended.contains($0.job.id) }
        }
        for name in names.sorted() { journal.note("unspool \(name)") }
    }

    // MARK: Ends without a worker

    package func remove(_ jobs: [QueuedJob]) async throws {
        try access { state in
            for job in jobs { state.remove { $0.entry == job.entry } }
        }
    }

    package func cancel(_ job: JobID) async throws { try access { state in state.remove { $0.job.id == job } } }

    package func overdue(limit: Int) async throws -> [QueuedJob] {
        let now = clock.now()
        return try access { state in
            let late = state.items.filter { $0.place == .waiting && $0.job.deadline <= now }
            return late.prefix(limit).map { QueuedJob(job: $0.job, entry: $0.entry, attempts: $0.attempts) }
        }
    }

    package func jobs(of batch: BatchID, after cursor: String?, limit: Int) async throws -> JobPage {
        try page(after: cursor, limit: limit) { $0.job.line?.batch == batch }
    }

    package func jobs(after cursor: String?, limit: Int) async throws -> JobPage {
        try page(after: cursor, limit: limit) { _ in true }
    }

    private func page(after cursor: String?, limit: Int, where isMeant: (Item) -> Bool) throws -> JobPage {
        try access { state in
            let rest = state.items.filter { $0.entry > cursor ?? "" }
            let page = rest.prefix(limit)
            let jobs = page.filter(isMeant)
                .map { QueuedJob(job: $0.job, entry: $0.entry, attempts: $0.attempts) }
            return JobPage(jobs: jobs, cursor: rest.count > limit ? page.last?.entry : nil)
        }
    }

    // MARK: Recovery

    package func orphans(limit: Int) async throws -> [Orphan] {
        let now = clock.now()
        return try access { state in
            state.items.filter(\.isOrphaned).prefix(limit).compactMap { item -> Orphan? in
                guard case .running(let lease) = item.place else { return nil }
                return Orphan(
                    job: item.job,
                    lease: lease,
                    target: target,
                    takenAt: now,
                    attempts: item.attempts,
                    deaths: item.deaths + 1
                )
            }
        }
    }

    package func requeue(_ orphan: Orphan) async throws {
        try access { state in
            guard let index = state.index(of: orphan.lease) else { return }
            state.items[index].place = .waiting
            state.items[index].deaths += 1
            state.items[index].isOrphaned = false
        }
        journal.note("requeue \(orphan.job.id)")
    }

    /// Brings back all delayed jobs.
    package func tick() async throws -> PoolSnapshot {
        try access { state in
            state.ticks += 1
            for index in state.items.indices where state.items[index].place == .delayed {
                state.items[index].place = .waiting
            }
            return PoolSnapshot(
                waiting: state.items.count,
                running: 0,
                delayed: 0,
                tenants: 0,
                spooled: state.spool.count
            )
        }
    }

    // MARK: Questions

    package func explain(_ job: JobID) async throws -> JobStatus? { nil }

    package func liveJobs(of tenant: TenantID, limit: Int) async throws -> [JobStatus] { [] }

    package func setPolicy(_ policy: TenantPolicy, for tenant: TenantID) async throws {
        try await overtaken()
        try access { $0.policies[tenant] = policy }
    }

    package func overview(tenants: Int) async throws -> PoolOverview { try access { $0.overview } }

    package func load(due horizons: [Duration]) async throws -> PoolLoad { try access { $0.load } }

    package func experience() async throws -> PoolExperience { try access { $0.experience } }

    /// Rings as soon as there is a job, as the real one does.
    package func waitForJobs(timeout: Duration) async throws {
        try access { $0.sleeps += 1 }
        let end = ContinuousClock.now + timeout
        while try access({ $0.items.isEmpty }), .now < end { try await Task.sleep(for: .milliseconds(5)) }
    }

    // MARK: Controls

    package func admit(_ job: Job, _ terms: AdmissionTerms) async throws -> Admission {
        let answer = try access { $0.admission }
        if case .accepted = answer, !terms.onlyAsk { try await enqueue([job]) }
        return answer
    }

    package func change(_ jobs: [JobID], _ change: JobChange) async throws -> Int {
        try access { state in
            let known = state.items.indices.filter { jobs.contains(state.items[$0].job.id) }
            for index in known {
                if let jobClass = change.jobClass { state.items[index].job.jobClass = jobClass }
                if let deadline = change.deadline { state.items[index].job.deadline = deadline }
            }
            return known.count
        }
    }

    package func setPaused(_ isPaused: Bool, linesOf batch: BatchID, after cursor: String?, limit: Int) async throws
        -> String?
    {
        try access { state in
            for index in state.items.indices where state.items[index].job.line?.batch == batch {
                switch (isPaused, state.items[index].place) {
                case (true, .waiting): state.items[index].place = .held
                case (false, .held): state.items[index].place = .waiting
                default: break
                }
            }
            return nil
        }
    }

    package func setControls(_ controls: PoolControls) async throws {
        try await overtaken()
        try access { $0.controls = controls }
    }

    private func overtaken() async throws {
        let meanwhile = edit { state in
            defer { state.meanwhile = nil }
            return state.meanwhile
        }
        try await meanwhile?()
    }

    package func resume(target: String) async throws { try access { _ = $0.resumed.insert(target) } }
}

extension InMemoryQueue.State {
    mutating func add(_ job: Job) {
        // Text order is the order of arrival.
        items.append(InMemoryQueue.Item(job: job, entry: String(1_000_000 + nextEntry)))
        nextEntry += 1
    }

    func live(_ batch: BatchID) -> Int { items.filter { $0.job.line?.batch == batch }.count }

    func index(of lease: Lease) -> Int? { items.firstIndex { $0.place == .running(lease) } }

    mutating func take(_ limit: Int, pool: PoolName, target: String, now: Timestamp) -> TakeResult {
        var jobs: [TakenJob] = []
        for index in items.indices where jobs.count < limit {
            guard items[index].place == .waiting, items[index].job.deadline > now else { continue }
            let lease = Lease(pool: pool, key: items[index].entry, token: IDGenerator.attempt())
            items[index].place = .running(lease)
            jobs.append(taken(items[index], lease, target: target))
        }
        return TakeResult(jobs: jobs, wait: jobs.count == limit ? .zero : nil)
    }

    func taken(_ item: InMemoryQueue.Item, _ lease: Lease, target: String) -> TakenJob {
        TakenJob(
            job: item.job,
            lease: lease,
            target: target,
            earlierAttempts: item.attempts,
            deaths: item.deaths
        )
    }

    func isAnswered(_ job: JobID) -> Bool { spool.contains { $0.completion.terminal?.job == job } }

    func loss(of lease: Lease) -> LeaseLoss? {
        guard let index = index(of: lease), !items[index].isOrphaned, !lostLeases.contains(lease) else {
            return LeaseLoss(lease: lease, reason: .lost)
        }
        return items[index].isCancelled ? LeaseLoss(lease: lease, reason: .cancelled) : nil
    }

    mutating func remove(_ isMeant: (InMemoryQueue.Item) -> Bool) {
        for index in items.indices.reversed() where isMeant(items[index]) {
            if case .running = items[index].place {
                items[index].isCancelled = true
            } else {
                items.remove(at: index)
            }
        }
    }
}
