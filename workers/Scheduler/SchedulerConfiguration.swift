import Penstock

/// How a scheduler process works.
package struct SchedulerConfiguration: Sendable {
    /// Names this process as the owner of batches.
    package var name: String
    /// Most requests in one batch.
    package var maxBatchLines: Int
    /// Longest line of an input file in bytes.
    package var maxLineBytes: Int
    /// Most lines of one batch that wait in one pool's queue at a time.
    package var feedWindowLines: Int
    /// Most bytes of one batch that wait in one pool's queue at a time, roughly.
    package var feedWindowBytes: Int
    /// Workers that may die holding a job before it fails as poison. Calls of suspects are made apart long before, which
    /// finds out for sure; this ends jobs that take down even whoever watches over that.
    package var maxDeaths: Int
    /// How long a silent owner keeps a batch.
    package var ownership: Duration
    /// How long calls that run when a batch expires may still finish.
    package var expiryGrace: Duration
    /// How long jobs of a pool that is no longer configured wait for somebody to serve it.
    package var removedPoolGrace: Duration

    /// How long results, files and webhooks of a tenant without a time of its own are kept.
    package var retention: Duration

    package init(
        name: String,
        maxBatchLines: Int = 100_000,
        maxLineBytes: Int = InputReader.maxLineBytes,
        feedWindowLines: Int = 2000,
        feedWindowBytes: Int = 16 << 20,
        maxDeaths: Int = 10,
        ownership: Duration = .seconds(10),
        expiryGrace: Duration = .seconds(30),
        removedPoolGrace: Duration = .seconds(3600),
        retention: Duration = .seconds(30 * 86_400)
    ) {
        self.name = name
        self.maxBatchLines = maxBatchLines
        self.maxLineBytes = maxLineBytes
        self.feedWindowLines = feedWindowLines
        self.feedWindowBytes = feedWindowBytes
        self.maxDeaths = maxDeaths
        self.ownership = ownership
        self.expiryGrace = expiryGrace
        self.removedPoolGrace = removedPoolGrace
        self.retention = retention
    }
}
