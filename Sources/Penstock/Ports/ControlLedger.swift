/// What operators paused, so that it stays paused whatever happens to Redis.
package protocol ControlLedger: Sendable {
    /// Everything that is paused.
    func pauses() async throws -> [Pause]

    /// Pauses a subject, or replaces who paused it and why.
    func put(_ pause: Pause) async throws

    /// - Returns: false when it was not paused.
    func removePause(of subject: PauseSubject) async throws -> Bool
}

/// What can be paused apart from tenants and batches, whose own records say so.
package enum PauseSubject: Sendable, Hashable {
    case pool(PoolName)
    /// A target, by its name, which is unique over all pools.
    case target(String)
}

/// One pause: of what, since when, and by whose key.
package struct Pause: Sendable, Equatable {
    package var subject: PauseSubject
    package var since: Timestamp
    /// The id of the API key that asked for it.
    package var by: String
    /// What the operator wrote; nil without a word.
    package var reason: String?

    package init(subject: PauseSubject, since: Timestamp, by: String, reason: String?) {
        self.subject = subject
        self.since = since
        self.by = by
        self.reason = reason
    }
}
