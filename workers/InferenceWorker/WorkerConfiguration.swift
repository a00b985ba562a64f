package import Penstock

/// How one worker process works.
package struct WorkerConfiguration: Sendable {
    /// Provider calls at once, over all pools.
    package var callsInFlight: Int
    /// How long a worker may be silent before its jobs go to others; renewed three times in that time.
    package var lease: Duration
    /// How long running calls may go on after the worker was told to stop; then they are handed back.
    package var drain: Duration
    package var retries: RetryPolicy
    /// Workers that died holding a job, from which on its calls are made apart from everybody else's.
    package var deathsToSuspect: Int
    /// How long the ledger may refuse an outcome before the queue keeps it instead.
    package var spoolAfter: Duration
    /// Names the price table in cost rows.
    package var priceVersion: String

    package init(
        callsInFlight: Int,
        lease: Duration,
        drain: Duration,
        retries: RetryPolicy,
        deathsToSuspect: Int = 2,
        spoolAfter: Duration = .seconds(1),
        priceVersion: String
    ) {
        self.callsInFlight = callsInFlight
        self.lease = lease
        self.drain = drain
        self.retries = retries
        self.deathsToSuspect = deathsToSuspect
        self.spoolAfter = spoolAfter
        self.priceVersion = priceVersion
    }
}
