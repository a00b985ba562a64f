extension BatchRecord {
    /// Whether its caller can still say how the rest is run.
    private var takesOrders: Bool { state == .validating || state == .inProgress }

    /// The record as paused: nothing of it starts, what runs goes on, its deadline stands.
    ///
    /// - Returns: false when it ends or has ended; pausing twice is fine.
    package mutating func pause(at now: Timestamp) -> Bool {
        guard takesOrders else { return false }
        pausedAt = pausedAt ?? now
        return true
    }

    /// The record as going on.
    ///
    /// - Returns: false when it ends or has ended; resuming twice is fine.
    package mutating func resume() -> Bool {
        guard takesOrders else { return false }
        pausedAt = nil
        return true
    }

    /// The record with another class or deadline for all lines that have not started.
    ///
    /// - Returns: false when it ends or has ended.
    package mutating func change(_ change: JobChange) -> Bool {
        guard takesOrders else { return false }
        if let changed = change.jobClass { jobClass = changed }
        if let deadline = change.deadline { expiresAt = deadline }
        return true
    }
}
