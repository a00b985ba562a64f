package import Penstock

/// How one worker process works.
package struct WorkerConfiguration: Sendable {
    /// Which workers it belongs to.
    package var set: WorkerSetName
    /// Provider calls at once, over all pools.
    package var slots: Int
    /// How long a worker may be silent before its jobs go to others; renewed three times in that time.
    package var lease: Duration
    /// How long running calls may go on after the worker was told to stop; then they are handed back.
    package var drain: Duration
    /// No call takes longer: a worker that retires gives its calls so long.
    package var longestCall: Duration
    package var retries: RetryPolicy
    /// Workers that died holding a job, from which on its calls are made apart from everybody else's.
    package var deathsToSuspect: Int
    /// How long the ledger may refuse an outcome before the queue keeps it instead.
    package var spoolAfter: Duration
    /// Names the price table in cost rows.
    package var priceVersion: String

    package init(
        set: WorkerSetName = .all,
        slots: Int,
        lease: Duration,
        drain: Duration,
        longestCall: Duration = .seconds(300),
        retries: RetryPolicy,
        deathsToSuspect: Int = 2,
        spoolAfter: Duration = .seconds(1),
        priceVersion: String
    ) {
        self.set = set
        self.slots = slots
        self.lease = lease
        self.drain = drain
        self.longestCall = longestCall
        self.retries = retries
        self.deathsToSuspect = deathsToSuspect
        self.spoolAfter = spoolAfter
        self.priceVersion = priceVersion
    }
}
