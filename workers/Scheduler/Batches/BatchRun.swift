import Penstock

/// One owner's turn at a validated batch: feeds it and follows its caller's orders until every line has its row.
struct BatchRun {
    private static let pause = Duration.milliseconds(100)

    private let driver: BatchDriver
    private var batch: BatchRecord
    private var feeders: [BatchFeeder]
    private var budget: BudgetWatch?
    private var renewAt = ContinuousClock.now

    init(_ batch: BatchRecord, fileBytes: Int64, driver: BatchDriver) {
        self.batch = batch
        self.driver = driver
        feeders = driver.queues.filter { batch.linesPerPool[$0.key] != nil }.values.map { queue in
            BatchFeeder(batch: batch, fileBytes: fileBytes, queue: queue, driver: driver)
        }
    }

    /// - Returns: whether the batch is to be finalized; false when it is somebody else's.
    mutating func toItsEnd() async throws -> Bool {
        budget = try await BudgetWatch(batch, driver)
        while !Task.isCancelled {
            guard try await keepOwned() else { return false }
            try await followTerms()
            if let end = batch.outcomeForRest(at: driver.clock.now()) {
                if try await endRest(end) { return true }
                continue
            }
            let progress = try await feed()
            if progress.state == .drained, try await isComplete() { return true }
            if progress.state == .unaffordable { try await weigh(progress) }
            try await Task.sleep(for: Self.pause)
        }
        return false
    }

    /// - Returns: false when the batch ended or is somebody else's.
    private mutating func keepOwned() async throws -> Bool {
        guard ContinuousClock.now >= renewAt else { return true }
        guard let owned = try await driver.keepOwned(batch.id) else { return false }
        take(owned)
        renewAt = .now + min(driver.configuration.ownership / 3, .milliseconds(500))
        return true
    }

    private mutating func take(_ batch: BatchRecord) {
        self.batch = batch
        for index in feeders.indices { feeders[index].follow(batch) }
    }

    // MARK: Orders

    /// Has the lines in the queues follow what the caller changed. The record says what they follow already, so whoever
    /// takes over goes on from there.
    private mutating func followTerms() async throws {
        let (wanted, known) = (batch.terms, batch.termsInQueues)
        if wanted != known {
            let (orders, id) = (BatchOrders(driver, batch.id), batch.id)
            try await driver.whileOwning(id) { try await orders.carryOut(wanted, insteadOf: known) }
            guard let stored = try await driver.change(id, { $0.termsInQueues = wanted }) else { return }
            take(stored)
        }
    }

    // MARK: Feeding

    /// All pools together: busy while one of them is, unaffordable when that is all that keeps one from going on.
    private mutating func feed() async throws -> BatchFeeder.Progress {
        var whole = BatchFeeder.Progress(state: .drained, live: 0, hasFed: false)
        for index in feeders.indices {
            var amount = budget?.amount
            let progress = try await feeders[index].step(&amount)
            if let amount { budget?.amount = amount }
            whole.live += progress.live
            whole.hasFed = whole.hasFed || progress.hasFed
            switch (whole.state, progress.state) {
            case (_, .unaffordable): whole.state = .unaffordable
            case (.drained, .busy): whole.state = .busy
            default: break
            }
        }
        if whole.hasFed { budget?.noteFed() }
        return whole
    }

    /// Whether every line has its row. Rows are written before lines leave the queue, so a line that is in neither was
    /// lost with the queue, and the batch is fed again.
    private func isComplete() async throws -> Bool {
        if try await driver.ledger.counts(of: batch.id).finished >= batch.total { return true }
        try await BatchEnder(driver).failUnroutable(batch)
        for queue in driver.queues.values { try await queue.forgetFeed(of: batch.id) }
        return false
    }

    private mutating func weigh(_ progress: BatchFeeder.Progress) async throws {
        guard try await budget?.isExhausted(batch, progress) == true else { return }
        let now = driver.clock.now()
        if let stored = try await driver.change(batch.id, { $0.maxCostReachedAt = now }) { take(stored) }
    }

    // MARK: End

    /// - Returns: false when its caller came in between.
    private mutating func endRest(_ end: LineEnd) async throws -> Bool {
        if end != .cancelled {
            // From here on a later deadline comes too late.
            let now = driver.clock.now()
            let frozen = try await driver.change(batch.id) { batch in
                if batch.outcomeForRest(at: now) == end { batch.beginFinalizing(at: now) }
            }
            // Somebody else's by now, which the next look at the ownership tells.
            guard let frozen else {
                renewAt = .now
                return false
            }
            take(frozen)
            guard batch.outcomeForRest(at: now) == end else { return false }
        }
        let (driver, batch) = (driver, batch)
        try await driver.whileOwning(batch.id) {
            let ender = BatchEnder(driver)
            if end == .expired { try await ender.awaitRunning(batch) }
            try await ender.endQueued(batch, end)
            try await ender.endRest(batch, end)
            for queue in driver.queues.values { try await queue.forgetFeed(of: batch.id) }
        }
        return true
    }
}
