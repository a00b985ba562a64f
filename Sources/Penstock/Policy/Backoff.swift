/// How long a loop waits while what it needs is away: twice as long each time, up to a bound.
package struct Backoff: Sendable, Equatable {
    private let first: Duration
    private let longest: Duration
    private var next: Duration

    package init(first: Duration, longest: Duration = .seconds(2)) {
        self.first = first
        self.longest = max(first, longest)
        next = first
    }

    /// The wait after one more failure.
    package mutating func wait() -> Duration {
        defer { next = min(next * 2, longest) }
        return next
    }

    /// It worked.
    package mutating func reset() { next = first }
}

/// Which store an error speaks of, for logs that tell of each outage once.
package enum Store {
    /// - Returns: nil for an error of something else.
    package static func behind(_ error: any Error) -> String? {
        switch error {
        case is LedgerUnavailable: "the ledger does not answer"
        case is QueueUnavailable: "the queue does not answer"
        case is QueueFull: "the queue is full"
        default: nil
        }
    }
}
