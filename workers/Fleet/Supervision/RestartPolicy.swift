/// How long a child that ended stays down before it is started again.
package struct RestartPolicy: Sendable, Equatable {
    /// After the first failure, without jitter. Default 1 s.
    package var shortestDelay: Duration
    /// Never longer than this, jitter included. Default 30 s.
    package var longestDelay: Duration
    /// A child that was ready for so long is healthy: the next failure counts as the first. Default 5 s.
    package var healthyAfter: Duration
    /// Failures in a row after which a child that was ready is still started again at once. Default 3.
    package var quickRestarts: Int

    package init(
        shortestDelay: Duration = .seconds(1),
        longestDelay: Duration = .seconds(30),
        healthyAfter: Duration = .seconds(5),
        quickRestarts: Int = 3
    ) {
        self.shortestDelay = shortestDelay
        self.longestDelay = longestDelay
        self.healthyAfter = healthyAfter
        self.quickRestarts = quickRestarts
    }

    /// The delay after so many failures in a row: doubled each time, and longer by up to half, so that children which
    /// failed together do not start together.
    ///
    /// - Parameters:
    ///   - failures: at least 1.
    ///   - jitter: from 0 to 1.
    func delay(afterFailures failures: Int, jitter: Double) -> Duration {
        let doubled = shortestDelay * (1 << min(20, failures - 1))
        return min(doubled, longestDelay / 1.5) * (1 + jitter / 2)
    }
}
