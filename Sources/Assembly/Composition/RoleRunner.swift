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
    private let program: ThisProgram
    let settings: Settings
    let logger: Logger
    let health: Health
    let metrics: MetricsRegistry

    /// Once per process: installs the metrics registry.
    ///
    /// - Parameter program: how this process can start itself anew.
    package init(_ role: Role, _ settings: Settings, program: ThisProgram, logger: Logger) {
        self.role = role
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
        let watch = RedisWatch(redis: backends.redis, health: health, factory: metrics)
        let services = try roleServices(backends)
        try await serve([watch] + services)
        try await backends.close()
        logger.notice("stopped")
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
            host: settings.operationsHost,
            port: settings.operationsPort,
            health: health,
            metrics: metrics,
            logger: logger
        )
        var configuration = ServiceGroupConfiguration(
            services: ([operations] + services).map { .init(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet
        )
        let grace = settings.worker.drain + .seconds(10)
        configuration.maximumGracefulShutdownDuration = grace
        configuration.maximumCancellationDuration = .seconds(5)
        let group = ServiceGroup(configuration: configuration)
        try ParentWatch.start(grace: grace) {
            // Unstructured: the watching thread has no task to wait in.
            Task { await group.triggerGracefulShutdown() }
        }
        try await group.run()
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
            unconfiguredPools: backends.unconfiguredPools
        )
        return SchedulerService(configuration: configuration, dependencies: dependencies, logger: logger)
    }

    private func worker(_ backends: Backends) throws -> any Service {
        let configuration = WorkerConfiguration(
            callsInFlight: settings.worker.callsInFlight,
            lease: settings.worker.lease,
            drain: settings.worker.drain,
            retries: settings.worker.retries,
            priceVersion: settings.priceVersion
        )
        let pools = backends.queues.compactMap { queue in
            settings.topology.pool(named: queue.pool).map { (pool: $0, queue: queue as any JobQueue) }
        }
        let dependencies = WorkerDependencies(
            pools: pools,
            ledger: backends.ledger,
            caller: try settings.providerCaller(logger: quiet),
            isolatedCaller: IsolatedCaller(program: IsolatedCalls.child(of: program, settings)),
            clock: .system,
            health: health,
            metrics: metrics
        )
        return WorkerService(
            configuration: configuration,
            dependencies: dependencies,
            consumer: ConsumerName(ProcessName.unique("worker")),
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
        var buffer = [CChar](repeating: 0, count: 256)
        let host =
            gethostname(&buffer, buffer.count - 1) == 0
            ? String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : "host"
        return "\(role)@\(host):\(getpid()):\(IDGenerator.secret(bytes: 8).prefix(8))"
    }
}

/// The subscription that wakes long polls.
private struct EventsService: Service {
    let events: RedisCompletionEvents

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await events.run() }
    }
}
