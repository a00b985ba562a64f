extension BatchRecord {
    /// The record after validation found the lines good.
    ///
    /// - Parameter dearestLine: the most that one line can cost, where `maxCost` asks for it.
    package mutating func start(
        total: Int,
        linesPerPool: [PoolName: Int],
        model: String?,
        dearestLine: Nanodollars? = nil,
        at now: Timestamp
    ) {
        self.total = total
        self.dearestLine = dearestLine
        self.linesPerPool = linesPerPool
        self.model = model
        inProgressAt = now
        // No line is in a queue yet.
        termsInQueues = terms
        // A cancellation during validation keeps its state; the lines then end as cancelled.
        if state == .validating { state = .inProgress }
    }

    /// The record after validation found errors: nothing ran. What was cancelled meanwhile ends as cancelled.
    package mutating func fail(_ errors: [BatchLineError], at now: Timestamp) {
        self.errors = errors
        if cancellingAt == nil {
            failedAt = now
            state = .failed
        } else {
            cancelledAt = now
            state = .cancelled
        }
        release()
    }

    /// The record after a caller asked to cancel.
    ///
    /// - Returns: false when the batch had already ended; cancelling twice is fine.
    package mutating func cancel(at now: Timestamp) -> Bool {
        switch state {
        case .validating, .inProgress:
            state = .cancelling
            cancellingAt = now
            return true
        case .cancelling, .finalizing, .cancelled: return true
        case .failed, .completed, .expired: return false
        }
    }

    /// How lines without a row end now, or nil while they may still run.
    package func outcomeForRest(at now: Timestamp) -> LineEnd? {
        if state == .cancelling { return .cancelled }
        if now >= expiresAt { return .expired }
        return maxCostReachedAt == nil ? nil : .unaffordable
    }

    /// What its lines in the queues have to follow.
    package var terms: BatchTerms {
        BatchTerms(jobClass: jobClass, expiresAt: expiresAt, isPaused: pausedAt != nil)
    }

    /// The record once every line has its row, or will have it whatever its caller says from now on.
    package mutating func beginFinalizing(at now: Timestamp) {
        finalizingAt = now
        if state == .inProgress { state = .finalizing }
    }

    /// The record with its results in place. The state follows from what happened to the lines.
    package mutating func finish(_ summary: BatchSummary, output: FileID?, errors: FileID?, at now: Timestamp) {
        self.summary = summary
        outputFile = output
        errorFile = errors
        if cancellingAt != nil {
            state = .cancelled
            cancelledAt = now
        } else if summary.counts.expired > 0 && now >= expiresAt {
            state = .expired
            expiredAt = now
        } else {
            state = .completed
            completedAt = now
        }
        release()
    }

    /// Whether `scheduler` may drive the batch now: nobody else does.
    package func mayBeDriven(by scheduler: String, at now: Timestamp) -> Bool {
        !state.isTerminal && (owner == nil || owner == scheduler || (ownedUntil ?? now) <= now)
    }

    /// The record as driven by `scheduler` until `end`.
    package mutating func own(by scheduler: String, until end: Timestamp) {
        owner = scheduler
        ownedUntil = end
    }

    private mutating func release() {
        owner = nil
        ownedUntil = nil
    }
}
