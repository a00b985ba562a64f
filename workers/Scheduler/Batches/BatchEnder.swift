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
                    _ = try await ledger.decide(page.jobs.map { row(of: $0.job, outcome, attempts: $0.attempts) })
                    try await queue.remove(page.jobs)
                }
                cursor = page.cursor
            } while cursor != nil
        }
    }

    /// Ends the lines of the input file that have no row yet.
    func endRest(_ batch: BatchRecord, _ outcome: LineEnd) async throws {
        try await eachPortion(of: batch) { portion in
            let jobs = portion.map { $0.job ?? unroutable(batch, $0.line) }
            return jobs.map { row(of: $0, outcome, attempts: 0) }
        }
    }

    /// Fails lines whose model the settings no longer know.
    func failUnroutable(_ batch: BatchRecord) async throws {
        try await eachPortion(of: batch) { portion in
            portion.filter { $0.job == nil }.map { row(of: unroutable(batch, $0.line), .unservable, attempts: 0) }
        }
    }

    private struct Item: Sendable {
        let line: InputReader.Line
        let job: Job?
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
            portion.append(Item(line: line, job: lines.read(line)?.job))
            if portion.count >= Self.rowsPerCommit {
                try await decide(batch, portion, rows)
                portion = []
            }
        }
        try await decide(batch, portion, rows)
    }

    private func decide(_ batch: BatchRecord, _ portion: [Item], _ rows: ([Item]) -> [TerminalRow]) async throws {
        guard let first = portion.first, let last = portion.last else { return }
        let finished = try await ledger.finishedLines(of: batch.id, in: first.line.number...last.line.number)
        let missing = rows(portion.filter { !finished.contains($0.line.number) })
        if !missing.isEmpty { _ = try await ledger.decide(missing) }
    }

    private func row(of job: Job, _ outcome: LineEnd, attempts: Int) -> TerminalRow {
        TerminalRow(of: job, state: outcome.state, finishedAt: clock.now(), error: outcome.error, attempts: attempts)
    }

    /// A stand-in for a line that no pool serves any more: enough for its row.
    private func unroutable(_ batch: BatchRecord, _ line: InputReader.Line) -> Job {
        let inspected = try? BatchLineInspector.inspect(line.bytes, endpoint: batch.endpoint)
        return Job(
            id: JobID(batch: batch.id, line: line.number),
            tenant: batch.tenant,
            jobClass: batch.jobClass,
            deadline: batch.expiresAt,
            createdAt: batch.createdAt,
            endpoint: batch.endpoint,
            model: inspected?.request.model ?? "",
            estimate: TokenEstimate(input: 0, output: 0),
            tags: batch.tags,
            line: BatchLine(batch: batch.id, number: line.number, customID: inspected?.customID ?? ""),
            durability: .ledger,
            body: .inLedger
        )
    }
}
