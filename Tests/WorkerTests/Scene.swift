import Logging
import Penstock
import ServiceLifecycle
import Telemetry
import TestTwins

@testable import InferenceWorker

/// A worker among twins of everything it talks to.
struct Scene: Sendable {
    static let deadline = Timestamp(milliseconds: 1_700_000_000_000).adding(.seconds(3600))
    static let price = Picodollars(usdPerMillion: "1").map { TokenPrice(input: $0, output: $0) }

    let journal: Journal
    let ledger: InMemoryLedger
    let queue: InMemoryQueue
    let caller: ScriptedCaller
    let isolatedCaller: ScriptedCaller
    let clock = SettableClock()
    let target: Target
    let metrics = MetricsRegistry()
    let log = CapturedLog()
    private let service: WorkerService

    init(
        callsInFlight: Int = 8,
        board: InMemoryFleetBoard? = nil,
        lease: Duration = .seconds(30),
        drain: Duration = .seconds(20),
        spoolAfter: Duration = .seconds(60),
        target: Target = Samples.target(price: Self.price),
        isolated: @escaping @Sendable (_ number: Int, _ call: ScriptedCaller.Call) async -> CallReport = { _, _ in
            .answer()
        },
        answer: @escaping @Sendable (_ number: Int, _ call: ScriptedCaller.Call) async -> CallReport
    ) {
        let journal = Journal()
        let queue = InMemoryQueue(PoolName("small"), target: target.name, clock: clock.clock, journal: journal)
        self.journal = journal
        self.queue = queue
        self.target = target
        ledger = InMemoryLedger(journal: journal)
        caller = ScriptedCaller(journal: journal, answer)
        isolatedCaller = ScriptedCaller(journal: journal, isolated)
        service = WorkerService(
            configuration: WorkerConfiguration(
                slots: callsInFlight,
                lease: lease,
                drain: drain,
                retries: RetryPolicy(maxAttempts: 3),
                spoolAfter: spoolAfter,
                priceVersion: "v1"
            ),
            dependencies: WorkerDependencies(
                pools: [(Samples.pool(target: target), queue)],
                ledger: ledger,
                caller: caller,
                isolatedCaller: isolatedCaller,
                clock: clock.clock,
                health: Health(),
                metrics: metrics,
                board: board
            ),
            consumer: ConsumerName("worker-1"),
            logger: log.logger
        )
    }

    /// Runs the worker for the time of `body`, then shuts it down gracefully and waits for it.
    func run(_ body: () async throws -> Void) async throws {
        let group = ServiceGroup(configuration: .init(services: [service], logger: .quiet))
        let running = Task { try await group.run() }
        do {
            try await body()
        } catch {
            running.cancel()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    /// Runs the worker for the time of `body`, then cancels it and waits for it.
    func runUntilCancelled(_ body: () async -> Void) async throws {
        let running = Task { try await service.run() }
        await body()
        running.cancel()
        try await running.value
    }

    func job(_ id: String, body: JobBody = .inline(Array(#"{"model":"gpt-small"}"#.utf8))) -> Job {
        Samples.job(id, deadline: Self.deadline, createdAt: clock.now, body: body)
    }

    func attempts(_ job: String) -> [AttemptRow] {
        ledger.edit { state in state.attempts.filter { $0.job.text == job } }
    }

    func row(_ job: String) -> TerminalRow? { ledger.edit { $0.rows[JobID(job)] } }

    func settlement(_ job: String) -> Settlement? { queue.edit { $0.settlements[JobID(job)] } }

    /// Whether a metric's line with these labels and this value is exposed.
    func exposes(_ line: String) -> Bool {
        metrics.prometheusText().split(separator: "\n").contains { $0 == line }
    }

    /// The journal's entries that begin so, in their order.
    func order(of beginnings: String...) -> [String] {
        journal.entries.filter { entry in beginnings.contains { entry.hasPrefix($0) } }
    }
}

extension Logger {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
