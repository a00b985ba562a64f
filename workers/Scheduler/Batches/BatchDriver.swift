import Logging
import Penstock
import Telemetry

/// Drives a batch from validation to its results. Owner by lease: each step is a compare-and-set that any scheduler
/// may repeat, so a driver that dies leaves nothing half done.
struct BatchDriver: Sendable {
    let configuration: SchedulerConfiguration
    let ledger: any Ledger
    let queues: [PoolName: any JobQueue]
    let topology: Topology
    let clock: WallClock
    let experience: ExperienceBoard
    let outages: OutageLog
    let logger: Logger
    private static let step = "drive a batch"

    init(
        _ configuration: SchedulerConfiguration,
        _ dependencies: SchedulerDependencies,
        _ experience: ExperienceBoard,
        _ outages: OutageLog,
        _ logger: Logger
    ) {
        self.configuration = configuration
        ledger = dependencies.ledger
        queues = dependencies.queues
        topology = dependencies.topology
        clock = dependencies.clock
        self.experience = experience
        self.outages = outages
        self.logger = logger
    }

    func mayDrive(_ batch: BatchRecord) -> Bool { batch.mayBeDriven(by: configuration.name, at: clock.now()) }

    /// The most that one line can cost; the dearest line's where that cannot be told.
    func mostCost(of job: Job, _ batch: BatchRecord) -> Nanodollars {
        let pool = topology.pool(forModel: job.model)
        let cost = pool.flatMap { experience.mostCost(of: job.estimate, model: job.model, in: $0) }
        return cost ?? batch.dearestLine ?? Nanodollars(0)
    }

    /// Drives until the batch is terminal, is somebody else's, or the task is cancelled. Errors are tried again later.
    func drive(_ id: BatchID) async {
        let logger = logger.adding([.batchID: .text(id.text)])
        do {
            guard let batch = try await own(id) else { return }
            let ready = batch.inProgressAt == nil ? try await validate(batch, logger) : batch
            if let ready { try await run(ready, logger) }
            outages.worked(Self.step)
        } catch is CancellationError {
            return
        } catch {
            guard let store = Store.behind(error) else {
                return logger.error("driving the batch failed, it will be taken up again", [.error: .text("\(error)")])
            }
            outages.failed(Self.step, because: store, error)
        }
    }

    /// Takes or keeps the ownership.
    ///
    /// - Returns: the batch as it is now; nil when it ended or is somebody else's.
    private func own(_ id: BatchID) async throws -> BatchRecord? {
        try await change(id) { batch in
            batch.own(by: configuration.name, until: clock.now().adding(configuration.ownership))
        }
    }

    /// Reads the batch as it is now, and renews the ownership when a third of it is over: a write is a commit.
    func keepOwned(_ id: BatchID) async throws -> BatchRecord? {
        let fresh = clock.now().adding(configuration.ownership / 3 * 2)
        guard let batch = try await ledger.batch(id), batch.owner == configuration.name,
            let end = batch.ownedUntil, end > fresh
        else { return try await own(id) }
        return batch
    }

    /// Changes a batch by compare-and-set as long as this process may drive it.
    func change(_ id: BatchID, _ body: (inout BatchRecord) -> Void) async throws -> BatchRecord? {
        while let batch = try await ledger.batch(id), mayDrive(batch) {
            var changed = batch
            body(&changed)
            if let stored = try await ledger.replace(changed) { return stored }
        }
        return nil
    }

    private func validate(_ batch: BatchRecord, _ logger: Logger) async throws -> BatchRecord? {
        let validator = BatchValidator(
            topology: topology,
            configuration: configuration,
            ledger: ledger,
            experience: experience
        )
        // A large file takes longer than the ownership lasts.
        let verdict = try await whileOwning(batch.id) { try await validator.validate(batch) }
        switch verdict {
        case .good(let findings):
            logger.info("batch validated", [.count: .integer(findings.total)])
            return try await change(batch.id) {
                $0.start(
                    total: findings.total,
                    linesPerPool: findings.linesPerPool,
                    model: findings.model,
                    dearestLine: findings.dearestLine,
                    at: clock.now()
                )
            }
        case .bad(let errors):
            logger.info("batch refused", [.count: .integer(errors.count)])
            _ = try await change(batch.id) { $0.fail(errors, at: clock.now()) }
            return nil
        }
    }

    /// Runs something long while the ownership is renewed beside it.
    func whileOwning<Value: Sendable>(
        _ id: BatchID,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                while true {
                    try await Task.sleep(for: configuration.ownership / 3)
                    _ = try await own(id)
                }
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }

    private func run(_ batch: BatchRecord, _ logger: Logger) async throws {
        guard let file = try await ledger.file(batch.inputFile) else {
            return try await endWithoutInput(batch, logger)
        }
        var run = BatchRun(batch, fileBytes: file.bytes, driver: self)
        if try await run.toItsEnd() { try await finalize(batch.id, logger) }
    }

    /// The input was deleted under the batch: what did not run cannot run.
    private func endWithoutInput(_ batch: BatchRecord, _ logger: Logger) async throws {
        logger.error("the batch's input file is gone", [.fileID: .text(batch.inputFile.text)])
        try await BatchEnder(self).endQueued(batch, .unservable)
        try await finalize(batch.id, logger)
    }

    private func finalize(_ id: BatchID, _ logger: Logger) async throws {
        guard let batch = try await change(id, { $0.beginFinalizing(at: clock.now()) }) else { return }
        let summary = try await ledger.summary(of: id)
        let output = try await view(of: batch, .output, count: summary.counts.succeeded)
        let errors = try await view(of: batch, .errors, count: summary.counts.unsuccessful)
        let ended = try await change(id) { $0.finish(summary, output: output, errors: errors, at: clock.now()) }
        for queue in queues.values { try await queue.forgetFeed(of: id) }
        if let ended {
            logger.info(
                "batch ended",
                [.state: .text(ended.state.rawValue), .count: .integer(summary.counts.finished)]
            )
        }
    }

    /// The file that shows one kind of the batch's rows. Its id follows from the batch's, so a repeated step makes no
    /// second one.
    private func view(of batch: BatchRecord, _ kind: RowKind, count: Int) async throws -> FileID? {
        guard count > 0 else { return nil }
        let id = FileID(kind, of: batch.id)
        if try await ledger.file(id) == nil {
            let now = clock.now()
            let bytes = try await ledger.outputBytes(of: batch.id, kind)
            let end = now.adding(try await lifetime(of: batch))
            let began = batch.inProgressAt ?? now
            try await ledger.insert(FileRecord(kind, of: batch, bytes: bytes, createdAt: began, expiresAt: end))
        }
        return id
    }

    private func lifetime(of batch: BatchRecord) async throws -> Duration {
        if let own = batch.resultLifetime { return own }
        let days = try await ledger.tenant(batch.tenant)?.retentionDays
        return days.map { .seconds($0 * 86_400) } ?? configuration.retention
    }
}
