import Logging
import Penstock

/// Gives every line of a batch that did not end by itself its row: cancelled, expired or failed.
struct BatchEnder: Sendable {
    private static let rowsPerCommit = 500
    private static let pause = Duration.milliseconds(250)

    private let ledger: any Ledger
    private let queues: [PoolName: any JobQueue]
    private let topology: Topology
    private let configuration: SchedulerConfiguration
    private let clock: WallClock
    private let logger: Logger

    init(_ driver: BatchDriver) {
        ledger = driver.ledger
        queues = driver.queues
        topology = driver.topology
        configuration = driver.configuration
        clock = driver.clock
        logger = driver.logger
    }

    /// Lets calls under way finish for a while: they are paid for. Waiting lines leave by their deadline.
    func awaitRunning(_ batch: BatchRecord) async throws {
        let end = batch.expiresAt.adding(configuration.expiryGrace)
        while clock.now() < end {
            var live = 0
            for queue in queues.values { live += try await queue.feedState(of: batch.id)?.live ?? 0 }
            if live == 0 { return }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// Ends the lines that are in the queues. Running calls are told by their worker's next heartbeat; a line that ended
    /// while the ledger was away has its own outcome, which was paid for.
    func endQueued(_ batch: BatchRecord, _ outcome: LineEnd) async throws {
        for queue in queues.values {
            try await SpoolWriter(queue: queue, ledger: ledger, logger: logger).writeAll()
            var cursor: String?
            repeat {
                let page = try await queue.jobs(of: batch.id, after: cursor, limit: Self.rowsPerCommit)
                if !page.jobs.isEmpty {
                    _ = try await ledger.decide(
                        page.jobs.map { row(of: $0.job, outcome.state, outcome.error, attempts: $0.attempts) }
                    )
                    try await queue.remove(page.jobs)
                }
                cursor = page.cursor
            } while cursor != nil
        }
    }

    /// Ends the lines of the input file that have no row yet.
    func endRest(_ batch: BatchRecord, _ outcome: LineEnd) async throws {
        try await eachPortion(of: batch) { portion in
            portion.map { row(of: job(of: $0, batch), outcome.state, outcome.error) }
        }
    }

    /// Fails lines that cannot be run.
    func failUnroutable(_ batch: BatchRecord) async throws {
        try await eachPortion(of: batch) { portion in
            portion.compactMap { item in
                guard case .refused(let error, _) = item.reading else { return nil }
                return row(of: job(of: item, batch), .failed, error)
            }
        }
    }

    private struct Item: Sendable {
        let number: Int
        let reading: LineReader.Reading
    }

    /// Walks through the lines without a row, a commit's worth at a time.
    private func eachPortion(of batch: BatchRecord, _ rows: ([Item]) -> [TerminalRow]) async throws {
        var reader = InputReader(
            batch.inputFile,
            from: .start,
            maxLineBytes: configuration.maxLineBytes,
            ledger: ledger
        )
        let lines = LineReader(batch: batch, topology: topology)
        var portion: [Item] = []
        while let line = try await reader.next() {
            portion.append(Item(number: line.number, reading: lines.read(line)))
            if portion.count >= Self.rowsPerCommit {
                try await decide(batch, portion, rows)
                portion = []
            }
        }
        try await decide(batch, portion, rows)
    }

    private func decide(_ batch: BatchRecord, _ portion: [Item], _ rows: ([Item]) -> [TerminalRow]) async throws {
        guard let first = portion.first, let last = portion.last else { return }
        let finished = try await ledger.finishedLines(of: batch.id, in: first.number...last.number)
        let missing = rows(portion.filter { !finished.contains($0.number) })
        if !missing.isEmpty { _ = try await ledger.decide(missing) }
    }

    private func row(of job: Job, _ state: TerminalState, _ error: JobError, attempts: Int = 0) -> TerminalRow {
        TerminalRow(of: job, state: state, finishedAt: clock.now(), error: error, attempts: attempts)
    }

    /// The line's job; of one that cannot be run, enough for its row.
    private func job(of item: Item, _ batch: BatchRecord) -> Job {
        switch item.reading {
        case .job(let job, _): return job
        case .refused(_, let known):
            return Job(
                id: JobID(batch: batch.id, line: item.number),
                tenant: batch.tenant,
                jobClass: batch.jobClass,
                deadline: batch.expiresAt,
                createdAt: batch.createdAt,
                endpoint: batch.endpoint,
                model: known.model,
                estimate: TokenEstimate(input: 0, output: 0),
                tags: batch.tags,
                line: BatchLine(batch: batch.id, number: item.number, customID: known.customID),
                durability: .ledger,
                body: .inLedger
            )
        }
    }
}
