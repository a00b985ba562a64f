import CoreMetrics
import Penstock

/// What a worker counts, per pool; made once.
struct WorkerMetrics: Sendable {
    private let taken: Counter
    private let lost: Counter
    private let retried: Counter
    private let isolatedCalls: Counter
    private let groupDeaths: Counter
    private let spooledOutcomes: [SpoolAnswer: Counter]
    private let poisoned: Counter
    private let finished: [TerminalState: Counter]
    private let callDuration: Timer
    private let queueWait: Timer

    init(pool: PoolName, factory: any MetricsFactory) {
        let labels = [("pool", pool.text)]
        taken = Counter(label: "penstock_jobs_taken", dimensions: labels, factory: factory)
        lost = Counter(label: "penstock_leases_lost", dimensions: labels, factory: factory)
        retried = Counter(label: "penstock_jobs_retried", dimensions: labels, factory: factory)
        isolatedCalls = Counter(label: "penstock_isolated_calls", dimensions: labels, factory: factory)
        groupDeaths = Counter(label: "penstock_isolated_group_deaths", dimensions: labels, factory: factory)
        poisoned = Counter(label: "penstock_jobs_poisoned", dimensions: labels, factory: factory)
        let answers = [SpoolAnswer.kept, .full, .lost].map { answer in
            let labels = labels + [("answer", answer.rawValue)]
            return (answer, Counter(label: "penstock_outcomes_spooled", dimensions: labels, factory: factory))
        }
        spooledOutcomes = Dictionary(uniqueKeysWithValues: answers)
        let counters = TerminalState.allCases.map { state in
            let labels = labels + [("state", state.rawValue)]
            return (state, Counter(label: "penstock_jobs_finished", dimensions: labels, factory: factory))
        }
        finished = Dictionary(uniqueKeysWithValues: counters)
        callDuration = Timer(label: "penstock_provider_call_seconds", dimensions: labels, factory: factory)
        queueWait = Timer(label: "penstock_job_wait_seconds", dimensions: labels, factory: factory)
    }

    func took(_ job: Job, at now: Timestamp) {
        taken.increment()
        queueWait.recordNanoseconds(max(0, now.milliseconds - job.createdAt.milliseconds) * 1_000_000)
    }

    func called(for duration: Duration) { callDuration.recordNanoseconds(duration.wholeMilliseconds * 1_000_000) }
    func finished(_ state: TerminalState) { finished[state]?.increment() }
    func willRetry() { retried.increment() }
    func isolated() { isolatedCalls.increment() }
    /// A suspect's process died while it made the calls of others, too.
    func groupDied() { groupDeaths.increment() }
    func quarantined() { poisoned.increment() }
    func spooled(_ answer: SpoolAnswer) { spooledOutcomes[answer]?.increment() }
    func lostLease() { lost.increment() }
}
