import Penstock

/// Keeps the budget of one batch in step with the books.
struct BudgetWatch {
    private static let jobsPerCall = 500
    private static let interval = Duration.seconds(1)

    var amount: BatchBudget
    private let driver: BatchDriver
    private var lookAt = ContinuousClock.now
    /// Whether the books were read while no line was live, and nothing was fed since.
    private var isSettled = false

    /// Sets aside what lines can cost that an earlier owner fed.
    ///
    /// - Returns: nil for a batch without a bound.
    init?(_ batch: BatchRecord, _ driver: BatchDriver) async throws {
        guard let amount = BatchBudget(batch) else { return nil }
        self.amount = amount
        self.driver = driver
        for queue in driver.queues.values {
            var cursor: String?
            repeat {
                let page = try await queue.jobs(of: batch.id, after: cursor, limit: Self.jobsPerCall)
                for job in page.jobs.map(\.job) {
                    if let line = job.line { self.amount.hold(driver.mostCost(of: job, batch), forLine: line.number) }
                }
                cursor = page.cursor
            } while cursor != nil
        }
        try await look(batch)
    }

    mutating func noteFed() {
        isSettled = false
    }

    /// Asked when the next line seems to cost too much: reads the books, from time to time, and says whether it still
    /// does after every earlier line ended.
    mutating func isExhausted(_ batch: BatchRecord, _ progress: BatchFeeder.Progress) async throws -> Bool {
        let isQuiet = progress.live == 0
        if isQuiet && isSettled { return true }
        guard isQuiet || lookAt <= .now else { return false }
        try await look(batch)
        isSettled = isQuiet
        return false
    }

    /// Rows first: what ends in between then counts twice for a moment, not at all never.
    private mutating func look(_ batch: BatchRecord) async throws {
        if let lines = amount.lines {
            for line in try await driver.ledger.finishedLines(of: batch.id, in: lines) { amount.release(line) }
        }
        amount.note(try await driver.ledger.summary(of: batch.id))
        lookAt = .now + Self.interval
    }
}
