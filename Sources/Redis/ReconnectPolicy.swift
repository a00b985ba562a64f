import NIOCore

/// Counts attempts, so that a server which accepts and drops connections is not stormed.
struct ReconnectPolicy {
    private let backoff: RedisBackoff
    private var attempt = 0
    private var connectedAt: NIODeadline?

    init(_ backoff: RedisBackoff) {
        self.backoff = backoff
    }

    /// Whether no attempt failed since the last connection that lasted.
    var isFirstAttempt: Bool { attempt == 0 }

    mutating func connected(at now: NIODeadline) {
        connectedAt = now
    }

    /// How long to wait before the next attempt; `random` in 0..<1.
    mutating func nextDelay(at now: NIODeadline, random: Double) -> Duration {
        if let connectedAt, now >= .after(backoff.maximum, from: connectedAt) { attempt = 0 }
        connectedAt = nil
        defer { attempt += 1 }
        return backoff.delay(attempt: attempt, random: random)
    }
}
