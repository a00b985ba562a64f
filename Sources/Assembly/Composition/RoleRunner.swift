import CoreMetrics
import Fetch
import Fleet
import Glibc
import InferenceWorker
import Intake
package import Logging
import Penstock
import Providers
import Queue
import Scheduler
import ServiceLifecycle
import Simulator
import Telemetry
import UnixSignals

/// Builds one role out of its parts and runs it until it is told to stop.
package struct RoleRunner: Sendable {
    private let role: Role
    /// The only pool that a worker serves; nil serves all.
    private let pool: PoolName?
    private let program: ThisProgram
    /// How a worker ends.
    private let drain = WorkerDrain()
    let settings: Settings
    let logger: Logger
    let health: Health
    let metrics: MetricsRegistry

    /// Once per process: installs the metrics registry.
    ///
    /// - Parameters:
    ///   - pool: the only pool that a worker serves; nil serves all.
    ///   - program: how this process can start itself anew.
    /// - Throws: `SettingsError` when there is no such pool.
    package init(
        _ role: Role,
        _ settings: Settings,
        pool: String? = nil,
        program: ThisProgram,
        logger: Logger
    ) throws(SettingsError) {
        self.role = role
        self.pool = pool.map { PoolName($0) }
        if let pool = self.pool, settings.topology.pool(named: pool) == nil {
            let known = settings.topology.pools.map(\.name.text).sorted().joined(separator: ", ")
            throw SettingsError("there is no pool `\(pool)`; the settings have: \(known)")
        }
        self.program = program
        self.settings = settings
        self.logger = logger
        health = Health(expecting: role.checks)
        metrics = MetricsRegistry()
        MetricsSystem.bootstrap(metrics)
    }

    package func run() async throws {
        switch role {
        case .simulator: try await serve([SimulatorService(configuration: settings.simulator, logger: logger)])
        case .courier: try await runCourier()
        case .intake, .scheduler, .worker: try await runOnRedis()
        }
    }

    private func runOnRedis() async throws {
        let backends = try Backends(settings, logger: logger)
        try await backends.check(settings, logger: logger)
        let services = try roleServices(backends)
        try await serve(watches(of: backends) + services)
        try await backends.close()
        logger.notice("stopped")
    }

    /// What tells whether the role takes work.
    private func watches(of backends: Backends) -> [any Service] {
        let redis = RedisWatch(redis: backends.redis, health: health, factory: metrics)
        guard role == .worker else {
            return [redis, LedgerWatch(ledger: backends.ledger, clock: .system, health: health, factory: metrics)]
        }
        // Calls go on while the ledger is away, as long as their results can wait.
        let queues = backends.queues.filter { pool == nil || $0.pool == pool }
        return [redis, SpoolWatch(queues: queues, most: settings.worker.spoolBytes, health: health)]
    }

    private func roleServices(_ backends: Backends) throws -> [any Service] {
        switch role {
        case .intake: try intake(backends)
        case .scheduler: [scheduler(backends)]
        case .worker: [try worker(backends)]
        case .courier, .simulator: []
        }
    }

    /// Services stop in reverse order, so the operations port answers to the end.
    func serve(_ services: [any Service]) async throws {
        let operations = OperationsServer(
            settings: settings.operations,
            health: health,
            metrics: metrics,
            logger: logger
        )
        var configuration = ServiceGroupConfiguration(
            services: ([operations] + services + [ReadyNotice(health: health)]).map { .init(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet
        )
        let grace = settings.worker.drain + .seconds(10)
        // A worker bounds its drain itself, and one that retires takes its time.
        configuration.maximumGracefulShutdownDuration = role == .worker ? max(grace, retirement) + grace : grace
        configuration.maximumCancellationDuration = .seconds(5)
        let group = ServiceGroup(configuration: configuration)
        try ParentWatch.start(grace: grace) {
            drain.end()
            // Unstructured: the watching thread has no task to wait in.
            Task { await group.triggerGracefulShutdown() }
        }
        guard role == .worker else { return try await group.run() }
        let signals = Task { await followSignals(of: group) }
        defer { signals.cancel() }
        try await group.run()
    }

    /// The longest that a worker takes to retire.
    private var retirement: Duration { settings.worker.scaling.longestCall + .seconds(30) }

    /// SIGUSR1 lets a worker finish what it has and end; the usual signals hurry one that does so already.
    private func followSignals(of group: ServiceGroup) async {
        for await signal in await UnixSignalsSequence(trapping: .sigusr1, .sigterm, .sigint) {
            if signal == .sigusr1 { drain.retire() } else { drain.end() }
            await group.triggerGracefulShutdown()
        }
    }

    private func intake(_ backends: Backends) throws -> [any Service] {
        let events = RedisCompletionEvents(client: backends.redis, pools: backends.queues.map(\.pool))
        let dependencies = IntakeDependencies(
            ledger: backends.ledger,
            queues: backends.queuesByPool,
            removedQueues: { try await backends.removedQueues() },
            events: events,
            webhooks: try webhookSender(),
            topology: settings.topology,
            board: backends.board,
            workerSets: settings.workerSets,
            scaling: settings.worker.scaling,
            clock: .system,
            health: health
        )
        return [
            EventsService(events: events),
            IntakeService(configuration: settings.intake, dependencies: dependencies, logger: logger),
        ]
    }

    private func scheduler(_ backends: Backends) -> any Service {
        let configuration = SchedulerConfiguration(
            name: ProcessName.unique("scheduler"),
            maxBatchLines: settings.scheduler.maxBatchLines,
            maxLineBytes: settings.scheduler.maxLineBytes,
            feedWindowLines: settings.scheduler.feedWindowLines,
            feedWindowBytes: settings.scheduler.feedWindowBytes,
            removedPoolGrace: settings.scheduler.removedPoolGrace,
            retention: settings.retention
        )
        let dependencies = SchedulerDependencies(
            queues: backends.queuesByPool,
            ledger: backends.ledger,
            topology: settings.topology,
            clock: .system,
            health: health,
            metrics: metrics,
            unconfiguredPools: backends.unconfiguredPools,
            autoscaling: Autoscaling(
                board: backends.board,
                sets: settings.workerSets,
                bounds: settings.worker.scaling
            )
        )
        return SchedulerService(configuration: configuration, dependencies: dependencies, logger: logger)
    }

    private func worker(_ backends: Backends) throws -> any Service {
        let configuration = WorkerConfiguration(
            set: pool.map { WorkerSetName($0) } ?? .all,
            slots: settings.worker.scaling.slots,
            lease: settings.worker.lease,
            drain: settings.worker.drain,
            longestCall: retirement,
            retries: settings.worker.retries,
            priceVersion: settings.priceVersion
        )
        let queues = backends.queues.filter { pool == nil || $0.pool == pool }
        let pools = queues.compactMap { queue in
            settings.topology.pool(named: queue.pool).map { (pool: $0, queue: queue as any JobQueue) }
        }
        let dependencies = WorkerDependencies(
            pools: pools,
            ledger: backends.ledger,
            caller: try settings.providerCaller(logger: quiet),
            isolatedCaller: IsolatedCaller(program: IsolatedCalls.child(of: program, settings)),
            clock: .system,
            health: health,
            metrics: metrics,
            board: backends.board
        )
        return WorkerService(
            configuration: configuration,
            dependencies: dependencies,
            consumer: ConsumerName(ProcessName.unique("worker")),
            drained: drain,
            logger: logger
        )
    }

    /// What libraries have to say below a warning is of no interest to operators.
    var quiet: Logger { logger.quietened }
}

extension Logger {
    /// The same, from warnings on.
    var quietened: Logger {
        var logger = self
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}

/// Names for processes: no two are ever the same, so a consumer's name tells which process held a job.
enum ProcessName {
    static func unique(_ role: String) -> String {
        return "\(role)@\(HostName.text):\(getpid()):\(IDGenerator.secret(bytes: 8).prefix(8))"
    }
}

/// Tells the supervisor, if there is one, when this process is ready for the first time.
private struct ReadyNotice: Service {
    private static let interval = Duration.milliseconds(20)

    let health: Health

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !health.isReady, !Task.isCancelled {
                // Ends early when the process stops before it was ready, and so does the loop.
                try? await Task.sleep(for: Self.interval)
            }
            if health.isReady { ReadySignal.send() }
        }
        try await gracefulShutdown()
    }
}

/// The subscription that wakes long polls.
private struct EventsService: Service {
    let events: RedisCompletionEvents

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await events.run() }
    }
}
