import Logging
import Penstock
import Telemetry

/// Feeds one batch into one pool in windows, so that Redis holds a few of its lines at a time.
struct BatchFeeder: Sendable {
    private static let linesPerCall = 64
    private static let bytesPerCall = 1 << 20
    /// Between two tries to put lines into a queue that has no room.
    private static let patience = Duration.seconds(1)

    private(set) var batch: BatchRecord
    let queue: any JobQueue
    private let driver: BatchDriver
    /// Lines this batch may have in the pool at a time.
    let window: Int
    /// Lines that are fed at once: a portion costs a call, a line does not.
    private let portionLines: Int
    /// Nobody feeds before: the queue had no room.
    private var hasRoomAt: ContinuousClock.Instant?

    /// What comes after the portion that was fed last, read while Redis took that one.
    private var upcoming: Portion?

    init(batch: BatchRecord, fileBytes: Int64, queue: any JobQueue, driver: BatchDriver) {
        self.batch = batch
        self.queue = queue
        self.driver = driver
        let configuration = driver.configuration
        let averageLine = max(1, Int(fileBytes) / max(1, batch.total))
        window = max(10, min(configuration.feedWindowLines, configuration.feedWindowBytes / averageLine))
        portionLines = min(window / 4, Self.linesPerCall)
    }

    /// How a pool stands after a step.
    struct Progress: Sendable, Equatable {
        enum State: Sendable, Equatable {
            /// Lines wait to be fed or to end.
            case busy
            /// All lines were fed, and none is left in the queue.
            case drained
            /// The next line may cost more than is left.
            case unaffordable
        }

        var state: State
        /// Lines in the queue.
        var live: Int
        /// Whether this step put lines into the queue.
        var hasFed: Bool
    }

    /// Jobs that follow each other in the file.
    private struct Portion: Sendable {
        let from: FeedCursor
        var items: [Item]
        var next: FeedCursor
        /// Stands behind all lines that were read.
        let reader: InputReader
    }

    private struct Item: Sendable {
        let job: Job
        /// Where its line begins.
        let cursor: FeedCursor
        /// The most it can cost, where that matters.
        let mostCost: Nanodollars

        var number: Int { cursor.line }
    }

    /// Goes by what the batch is now.
    mutating func follow(_ batch: BatchRecord) {
        if batch.terms != self.batch.terms { upcoming = nil }
        self.batch = batch
    }

    /// Fills the window, as far as the budget allows.
    mutating func step(_ budget: inout BatchBudget?) async throws -> Progress {
        var hasFed = false
        while true {
            let state = try await queue.feedState(of: batch.id)
            let live = state?.live ?? 0
            if state?.cursor == .end {
                return Progress(state: live == 0 ? .drained : .busy, live: live, hasFed: hasFed)
            }
            guard batch.pausedAt == nil, live <= window - portionLines, mayTry else {
                return Progress(state: .busy, live: live, hasFed: hasFed)
            }
            switch try await feed(from: state?.cursor, &budget) {
            case .fed: hasFed = true
            case .noRoom: return Progress(state: .busy, live: live, hasFed: hasFed)
            case .unaffordable: return Progress(state: .unaffordable, live: live, hasFed: hasFed)
            }
        }
    }

    private var mayTry: Bool { hasRoomAt.map { $0 <= .now } ?? true }

    private enum Feeding {
        case fed, noRoom, unaffordable
    }

    private mutating func feed(from cursor: FeedCursor?, _ budget: inout BatchBudget?) async throws -> Feeding {
        var portion = try await portion(at: cursor ?? .start)
        let whole = portion
        async let following = whole.next == .end ? nil : read(whole.reader, from: whole.next)
        portion.items = try await withoutFinished(portion.items)
        let isWhole = cut(&portion, &budget)
        guard isWhole || !portion.items.isEmpty else {
            upcoming = whole
            return .unaffordable
        }
        do {
            let moved = try await queue.feed(batch.id, lines: portion.items.map(\.job), from: cursor, to: portion.next)
            if !moved { giveBack(portion, &budget) }
            let read = try await following
            upcoming = moved && isWhole ? read : nil
            hasRoomAt = nil
            return .fed
        } catch let error as QueueFull {
            giveBack(portion, &budget)
            upcoming = whole
            waitForRoom(error)
            return .noRoom
        }
    }

    /// Reserves what the portion's lines can cost, and cuts it before the first one that cannot be afforded.
    ///
    /// - Returns: whether nothing was cut.
    private func cut(_ portion: inout Portion, _ budget: inout BatchBudget?) -> Bool {
        for (place, item) in portion.items.enumerated() {
            guard budget?.reserve(item.mostCost, forLine: item.number) == false else { continue }
            portion.next = item.cursor
            portion.items.removeSubrange(place...)
            return false
        }
        return true
    }

    private func giveBack(_ portion: Portion, _ budget: inout BatchBudget?) {
        for item in portion.items { budget?.release(item.number) }
    }

    /// A cap leaves no room now: nothing is wrong, so it is told once.
    private mutating func waitForRoom(_ error: QueueFull) {
        if hasRoomAt == nil {
            driver.logger.notice(
                "a batch waits for room in its queue",
                [.batchID: .text(batch.id.text), .pool: .text(queue.pool.text), .reason: .text(error.description)]
            )
        }
        hasRoomAt = .now + Self.patience
    }

    /// The portion that was read ahead if it begins at `cursor`, else one that is read now.
    private func portion(at cursor: FeedCursor) async throws -> Portion {
        if let upcoming, upcoming.from == cursor { return upcoming }
        let reader = InputReader(
            batch.inputFile,
            from: cursor,
            maxLineBytes: driver.configuration.maxLineBytes,
            ledger: driver.ledger
        )
        return try await read(reader, from: cursor)
    }

    private func read(_ reader: InputReader, from cursor: FeedCursor) async throws -> Portion {
        var reader = reader
        var items: [Item] = []
        var bytes = 0
        let lines = LineReader(batch: batch, topology: driver.topology)
        while let line = try await reader.next() {
            if items.count >= portionLines || bytes >= Self.bytesPerCall {
                reader.putBack(line)
                return Portion(from: cursor, items: items, next: line.cursor, reader: reader)
            }
            guard let item = item(line, lines) else { continue }
            items.append(item)
            bytes += line.bytes.count
        }
        return Portion(from: cursor, items: items, next: .end, reader: reader)
    }

    /// Lines whose row exists are not called again: they were done before the queue was lost.
    private func withoutFinished(_ items: [Item]) async throws -> [Item] {
        guard let first = items.first?.number, let last = items.last?.number else { return [] }
        let finished = try await driver.ledger.finishedLines(of: batch.id, in: first...last)
        return finished.isEmpty ? items : items.filter { !finished.contains($0.number) }
    }

    /// The job of a line, or nil when the line belongs to another pool.
    private func item(_ line: InputReader.Line, _ lines: LineReader) -> Item? {
        guard let (job, pool) = lines.read(line).routed, pool.name == queue.pool else { return nil }
        let mostCost = batch.maxCost.map { _ in driver.mostCost(of: job, batch) }
        return Item(job: job, cursor: line.cursor, mostCost: mostCost ?? Nanodollars(0))
    }
}
