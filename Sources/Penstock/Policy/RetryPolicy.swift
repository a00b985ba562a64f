/// When a failed call is made again, and how long later.
package struct RetryPolicy: Sendable, Equatable {
    /// Calls that count, the first included.
    package var maxAttempts: Int
    /// Upper bound of the first wait; doubles with each further one.
    package var firstWait: Duration
    package var longestWait: Duration

    package init(maxAttempts: Int = 5, firstWait: Duration = .seconds(1), longestWait: Duration = .seconds(60)) {
        self.maxAttempts = maxAttempts
        self.firstWait = firstWait
        self.longestWait = longestWait
    }

    /// What to do after a failed call.
    ///
    /// - Parameters:
    ///   - attempts: calls that counted, this one included.
    ///   - jitter: 0 to 1, where in the wait the retry falls.
    package func verdict(after failure: CallFailure, attempts: Int, deadline: Timestamp, now: Timestamp, jitter: Double)
        -> RetryVerdict
    {
        let errorClass = failure.error.errorClass
        // Whoever aborted the call knows how the job goes on: cancelled, taken by another, or handed back.
        // Limits are the target's: the queue holds it back, and the job keeps its place and its deadline.
        if errorClass == .callerCancelled || !errorClass.costsAttempt {
            return .retry(after: .zero, countsAttempt: false)
        }
        guard errorClass.isRetryable, !failure.refusesRetry, attempts < maxAttempts else { return .finish(.failed) }
        let wait = self.wait(afterAttempts: attempts, asked: failure.retryAfter, jitter: jitter)
        // A retry that cannot start in time is not waited for.
        guard now.adding(wait) < deadline else { return .finish(.expired) }
        return .retry(after: wait, countsAttempt: true)
    }

    /// Full jitter, but never sooner than the provider asks.
    private func wait(afterAttempts attempts: Int, asked: Duration?, jitter: Double) -> Duration {
        let doublings = min(max(attempts - 1, 0), 20)
        let bound = min(firstWait * (1 << doublings), longestWait)
        let own = bound * jitter
        guard let asked else { return own }
        return asked + min(own, firstWait)
    }
}

/// The decision about a failed call.
package enum RetryVerdict: Sendable, Equatable {
    case retry(after: Duration, countsAttempt: Bool)
    case finish(TerminalState)
}
