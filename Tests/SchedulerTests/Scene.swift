import Logging
import Penstock
import Telemetry
import TestTwins

@testable import Scheduler

/// A ledger, two pools and batches to drive.
struct Scene: Sendable {
    static let start = Timestamp(milliseconds: 1_700_000_000_000)
    static let batch = BatchID("batch_b1")

    let journal: Journal
    let ledger: InMemoryLedger
    let small: InMemoryQueue
    let large: InMemoryQueue
    let clock = SettableClock(Self.start)
    var configuration = SchedulerConfiguration(
        name: "s1",
        feedWindowLines: 20,
        ownership: .seconds(10),
        expiryGrace: .seconds(30)
    )
    var topology: Topology

    init() {
        let journal = Journal()
        self.journal = journal
        ledger = InMemoryLedger(journal: journal)
        small = InMemoryQueue(PoolName("small"), clock: clock.clock, journal: journal)
        large = InMemoryQueue(PoolName("large"), clock: clock.clock, journal: journal)
        topology = Topology(
            pools: [Samples.pool("small"), Samples.pool("large")],
            routes: ["gpt-small": PoolName("small"), "gpt-large": PoolName("large")]
        )
    }

    var dependencies: SchedulerDependencies {
        SchedulerDependencies(
            queues: [small.pool: small, large.pool: large],
            ledger: ledger,
            topology: topology,
            clock: clock.clock,
            health: Health(),
            metrics: MetricsRegistry()
        )
    }

    func driver(_ name: String = "s1") -> BatchDriver {
        var configuration = configuration
        configuration.name = name
        return BatchDriver(configuration, dependencies, ExperienceBoard(), OutageLog(.quiet), .quiet)
    }

    var service: SchedulerService {
        SchedulerService(configuration: configuration, dependencies: dependencies, logger: .quiet)
    }

    var keeper: PoolKeeper { service.keeper(of: small) }

    /// Puts a batch with these lines into the ledger.
    func submit(
        _ lines: [String],
        endpoint: Endpoint = .chatCompletions,
        maxCost: Nanodollars? = nil,
        headers: ProviderHeaders = ProviderHeaders()
    ) async throws {
        let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
        try await submit(bytes, endpoint: endpoint, maxCost: maxCost, headers: headers)
    }

    func submit(
        _ bytes: [UInt8],
        endpoint: Endpoint = .chatCompletions,
        maxCost: Nanodollars? = nil,
        headers: ProviderHeaders = ProviderHeaders()
    ) async throws {
        let file = FileID("file-in")
        for (number, start) in stride(from: 0, to: bytes.count, by: FileChunk.size).enumerated() {
            let end = min(start + FileChunk.size, bytes.count)
            try await ledger.appendChunk(Array(bytes[start..<end]), number: number, of: file, at: Self.start)
        }
        try await ledger.insert(
            FileRecord(
                id: file,
                tenant: TenantID(trusted: "acme"),
                filename: "in.jsonl",
                purpose: .batch,
                bytes: Int64(bytes.count),
                createdAt: Self.start,
                expiresAt: nil,
                content: .chunks
            )
        )
        var batch = BatchRecord(
            id: Self.batch,
            tenant: TenantID(trusted: "acme"),
            endpoint: endpoint,
            inputFile: file,
            completionWindow: "1h",
            createdAt: Self.start,
            expiresAt: Self.start.adding(.seconds(3600)),
            jobClass: .batch,
            tags: JobTags(feature: "f"),
            metadata: nil,
            maxCost: maxCost
        )
        batch.headers = headers
        try await ledger.insert(batch)
    }

    static func line(_ id: String, model: String = "gpt-small", padding: Int = 0) -> String {
        let text = String(repeating: "x", count: padding)
        return #"{"custom_id":"\#(id)","method":"POST","url":"/v1/chat/completions","body":{"model":"\#(model)","#
            + #""messages":[{"role":"user","content":"hi\#(text)"}]}}"#
    }

    static func lines(_ count: Int) -> [String] { (1...count).map { line("c-\($0)") } }

    /// Drives the batch to its end, while workers answer; gives the batch as it ended.
    func drive(answering: Bool = true) async throws -> BatchRecord {
        await withTaskGroup(of: Void.self) { group in
            if answering {
                for queue in [small, large] { group.addTask { await work(queue) } }
            }
            await driver().drive(Self.batch)
            group.cancelAll()
        }
        return try await stored()
    }

    /// A worker that answers everything, until cancelled.
    func work(_ queue: InMemoryQueue) async {
        while !Task.isCancelled {
            do {
                try await answer(queue, 7)
                try await Task.sleep(for: .milliseconds(1))
            } catch {
                return
            }
        }
    }

    /// Answers some jobs of a queue.
    @discardableResult
    func answer(_ queue: InMemoryQueue, _ count: Int) async throws -> [Job] {
        // The twins do not suspend: a loop around this has to notice the test's time limit.
        try Task.checkCancellation()
        let taken = try await queue.take(count, for: ConsumerName("w")).jobs
        for taken in taken {
            let response = ProviderResponse(statusCode: 200, requestID: "r", body: Array("{}".utf8))
            let row = TerminalRow(
                of: taken.job,
                state: .succeeded,
                finishedAt: clock.now,
                response: response,
                attempts: 1
            )
            _ = try await ledger.decide([row])
            _ = try await queue.settle(
                taken.lease,
                Settlement(usage: nil, mayHaveBeenSent: true, chargesTenant: true)
            )
        }
        return taken.map(\.job)
    }

    func stored() async throws -> BatchRecord {
        guard let batch = try await ledger.batch(Self.batch) else { throw LedgerUnavailable("no batch") }
        return batch
    }

    /// Validates the batch and stops where it would be fed.
    func validated(total: Int, pools: [PoolName: Int]) async throws {
        var batch = try await stored()
        batch.start(total: total, linesPerPool: pools, model: nil, at: clock.now)
        _ = try await ledger.replace(batch)
    }

    /// Changes the batch as a caller does, whoever writes in between.
    func order(_ body: (inout BatchRecord) -> Bool) async throws {
        try await until {
            var batch = try await stored()
            guard body(&batch) else { throw LedgerUnavailable("too late") }
            return try await ledger.replace(batch) != nil
        }
    }

    /// Waits until something holds that no event tells of; the test's time limit bounds it.
    func until(_ holds: () async throws -> Bool) async throws {
        while try await !holds() { try await Task.sleep(for: .milliseconds(2)) }
    }
}

extension Logger {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
