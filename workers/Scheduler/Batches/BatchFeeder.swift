import Penstock

/// Feeds one batch into one pool in windows, so that Redis holds a few of its lines at a time.
struct BatchFeeder: Sendable {
    private static let linesPerCall = 200
    private static let bytesPerCall = 1 << 20

    let batch: BatchRecord
    let queue: any JobQueue
    let ledger: any Ledger
    let topology: Topology
    let configuration: SchedulerConfiguration
    /// Lines this batch may have in the pool at a time.
    let window: Int
    /// Lines that are fed at once: a portion costs a call, a line does not.
    private let portionLines: Int

    /// What comes after the portion that was fed last, read while Redis took that one.
    private var upcoming: Portion?

    init(
        batch: BatchRecord,
        fileBytes: Int64,
        queue: any JobQueue,
        ledger: any Ledger,
        topology: Topology,
        configuration: SchedulerConfiguration
    ) {
        self.batch = batch
        self.queue = queue
        self.ledger = ledger
        self.topology = topology
        self.configuration = configuration
        let averageLine = max(1, Int(fileBytes) / max(1, batch.total))
        window = max(10, min(configuration.feedWindowLines, configuration.feedWindowBytes / averageLine))
        portionLines = min(window / 4, Self.linesPerCall)
    }

    /// How a pool stands after a step.
    enum Progress: Sendable, Equatable {
        /// Lines wait to be fed or to end.
        case busy
        /// All lines were fed, and none is left in the queue.
        case drained
    }

    /// Jobs that follow each other in the file.
    private struct Portion: Sendable {
        let from: FeedCursor
        let jobs: [Job]
        let next: FeedCursor
        /// Stands at `next`.
        let reader: InputReader
    }

    /// Fills the window.
    mutating func step() async throws -> Progress {
        while true {
            let state = try await queue.feedState(of: batch.id)
            let live = state?.live ?? 0
            if state?.cursor == .end { return live == 0 ? .drained : .busy }
            guard live <= window - portionLines else { return .busy }
            try await feed(from: state?.cursor)
        }
    }

    private mutating func feed(from cursor: FeedCursor?) async throws {
        let portion = try await portion(at: cursor ?? .start)
        async let following = portion.next == .end ? nil : read(portion.reader, from: portion.next)
        let fresh = try await withoutFinished(portion.jobs)
        let moved = try await queue.feed(batch.id, lines: fresh, from: cursor, to: portion.next)
        let read = try await following
        upcoming = moved ? read : nil
    }

    /// The portion that was read ahead if it begins at `cursor`, else one that is read now.
    private func portion(at cursor: FeedCursor) async throws -> Portion {
        if let upcoming, upcoming.from == cursor { return upcoming }
        let reader = InputReader(
            batch.inputFile,
            from: cursor,
            maxLineBytes: configuration.maxLineBytes,
            ledger: ledger
        )
        return try await read(reader, from: cursor)
    }

    private func read(_ reader: InputReader, from cursor: FeedCursor) async throws -> Portion {
        var reader = reader
        var jobs: [Job] = []
        var bytes = 0
        while let line = try await reader.next() {
            if jobs.count >= portionLines || bytes >= Self.bytesPerCall {
                reader.putBack(line)
                return Portion(from: cursor, jobs: jobs, next: line.cursor, reader: reader)
            }
            guard let job = job(for: line) else { continue }
            jobs.append(job)
            bytes += line.bytes.count
        }
        return Portion(from: cursor, jobs: jobs, next: .end, reader: reader)
    }

    /// Lines whose row exists are not called again: they were done before the queue was lost.
    private func withoutFinished(_ jobs: [Job]) async throws -> [Job] {
        guard let first = jobs.first?.line?.number, let last = jobs.last?.line?.number else { return [] }
        let finished = try await ledger.finishedLines(of: batch.id, in: first...last)
        return finished.isEmpty ? jobs : jobs.filter { !finished.contains($0.line?.number ?? 0) }
    }

    /// The job of a line, or nil when the line belongs to another pool.
    private func job(for line: InputReader.Line) -> Job? {
        batch.job(for: line, topology: topology).flatMap { pool, job in pool == queue.pool ? job : nil }
    }
}

extension BatchRecord {
    /// A line as a job, and the pool it goes to; nil when the topology no longer has its model.
    func job(for line: InputReader.Line, topology: Topology) -> (PoolName, Job)? {
        guard let inspected = try? BatchLineInspector.inspect(line.bytes, endpoint: endpoint),
            let pool = topology.pool(forModel: inspected.request.model)
        else { return nil }
        let job = Job(
            id: JobID(batch: id, line: line.number),
            tenant: tenant,
            jobClass: jobClass,
            deadline: expiresAt,
            createdAt: createdAt,
            endpoint: endpoint,
            model: inspected.request.model,
            estimate: inspected.request.estimate,
            tags: tags,
            line: BatchLine(batch: id, number: line.number, customID: inspected.customID),
            durability: .ledger,
            body: .inline(inspected.body)
        )
        return (pool.name, job)
    }
}
