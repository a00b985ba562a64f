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

    /// Where the last feed stopped reading, to go on without reading again.
    private var reader: (cursor: FeedCursor, reader: InputReader)?

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
    }

    /// How a pool stands after a step.
    enum Progress: Sendable, Equatable {
        /// Lines wait to be fed or to end.
        case busy
        /// All lines were fed, and none is left in the queue.
        case drained
    }

    /// Fills the window.
    mutating func step() async throws -> Progress {
        while true {
            let state = try await queue.feedState(of: batch.id)
            let live = state?.live ?? 0
            if state?.cursor == .end { return live == 0 ? .drained : .busy }
            // Refilled in larger portions: a portion costs a call, a line does not.
            guard live <= window - min(window / 4, Self.linesPerCall) else { return .busy }
            try await feed(from: state?.cursor, most: min(window - live, Self.linesPerCall))
        }
    }

    private mutating func feed(from cursor: FeedCursor?, most: Int) async throws {
        var reader = reader(at: cursor ?? .start)
        let (portion, next) = try await read(from: &reader, most: most)
        let fresh = try await withoutFinished(portion)
        let moved = try await queue.feed(batch.id, lines: fresh, from: cursor, to: next)
        self.reader = moved ? (next, reader) : nil
    }

    private func read(from reader: inout InputReader, most: Int) async throws -> ([Job], next: FeedCursor) {
        var portion: [Job] = []
        var bytes = 0
        while let line = try await reader.next() {
            if portion.count >= most || bytes >= Self.bytesPerCall {
                reader.putBack(line)
                return (portion, line.cursor)
            }
            guard let job = job(for: line) else { continue }
            portion.append(job)
            bytes += line.bytes.count
        }
        return (portion, .end)
    }

    /// The reader of the last portion if it stands at `cursor`, else a new one.
    private func reader(at cursor: FeedCursor) -> InputReader {
        if let reader, reader.cursor == cursor { return reader.reader }
        return InputReader(batch.inputFile, from: cursor, maxLineBytes: configuration.maxLineBytes, ledger: ledger)
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
