/// How long a child that ended stays down before it is started again.
package struct RestartPolicy: Sendable, Equatable {
    /// After the first failure, without jitter. Default 1 s.
    package var shortestDelay: Duration
    /// Never longer than this, jitter included. Default 30 s.
    package var longestDelay: Duration
    /// A child that ran so long has recovered: the next failure counts as the first. Default 60 s.
    package var healthyAfter: Duration

    package init(
        shortestDelay: Duration = .seconds(1),
        longestDelay: Duration = .seconds(30),
        healthyAfter: Duration = .seconds(60)
    ) {
        self.shortestDelay = shortestDelay
        self.longestDelay = longestDelay
        self.healthyAfter = healthyAfter
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
