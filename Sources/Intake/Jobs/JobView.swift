import Penstock

/// A job as its caller sees it, wherever it is known from.
struct JobView {
    var id: JobID
    var state: String
    var model: String
    var endpoint: Endpoint
    var jobClass: JobClass
    var durability: Durability
    var createdAt: Timestamp
    var deadline: Timestamp
    var finishedAt: Timestamp?
    var line: BatchLine?
    var tags: JobTags
    var metadata: [UInt8]
    var attempts = 0
    var waitingFor: WaitReason?
    var position: Int?
    var expectedStart: Duration?
    var response: ProviderResponse?
    var error: JobError?
    /// The job that was made of this one, which was quarantined.
    var requeuedAs: JobID?
    var spending = Spending()

    /// A job that was accepted and waits.
    ///
    /// - Parameter expectedStart: in how long it will probably start; nil when that is not known.
    init(waiting job: Job, expectedStart: Duration? = nil) {
        self.init(job, state: JobStateFilter.waiting)
        self.expectedStart = expectedStart
    }

    /// A job that the queue knows.
    init(live status: JobStatus) {
        switch status.phase {
        case .waiting(let reason):
            self.init(status.job, state: .waiting)
            waitingFor = reason
        case .running: self.init(status.job, state: .running)
        case .answered: self.init(status.job, state: .answered)
        case .delayed:
            self.init(status.job, state: .delayed)
            waitingFor = .retryDelay
        }
        position = status.position
        expectedStart = status.expectedStart
        attempts = status.attempts
    }

    /// A job that ended. Its record is in the ledger, whatever it was kept in before.
    init(finished row: TerminalRow) {
        id = row.job
        state = row.state.rawValue
        model = row.model
        endpoint = row.endpoint
        jobClass = row.jobClass
        durability = .ledger
        createdAt = row.createdAt
        deadline = row.deadline
        finishedAt = row.finishedAt
        line = row.line
        tags = row.tags
        metadata = row.metadata
        attempts = row.attempts
        response = row.response
        error = row.error
    }

    /// A job wherever it was found.
    init(_ found: FoundJob) {
        switch found {
        case .finished(let row): self.init(finished: row)
        case .live(let status): self.init(live: status)
        case .accepted(let job): self.init(waiting: job)
        }
    }

    private init(_ job: Job, state: JobStateFilter) {
        id = job.id
        self.state = state.rawValue
        model = job.model
        endpoint = job.endpoint
        jobClass = job.jobClass
        durability = job.durability
        createdAt = job.createdAt
        deadline = job.deadline
        line = job.line
        tags = job.tags
        metadata = job.metadata
    }
}

/// Tokens and cost of a job's calls, as far as they are known; nil when none is.
struct Spending: Equatable {
    var usage: Usage?
    var cost: Nanodollars?

    init() {}

    init(_ attempts: [AttemptRow]) {
        for attempt in attempts {
            if let more = attempt.usage { usage = (usage ?? .zero) + more }
            if let more = attempt.cost { cost = (cost ?? Nanodollars(0)) + more }
        }
    }
}

/// The states a listing can be asked for.
enum JobStateFilter: String, CaseIterable {
    case waiting, running, delayed, answered, succeeded, failed, expired, cancelled

    /// The same as the ledger knows it; nil for jobs that live.
    var terminal: TerminalState? { TerminalState(rawValue: rawValue) }
}
