import CoreMetrics
import Fleet
package import Logging
import Penstock
import Queue
import Redis
import ServiceLifecycle
import Telemetry
import Threads
import UnixSignals

/// `penstockd up` and `penstockd fleet`: supervised processes on one machine, as many workers as are wanted.
package struct FleetRunner: Sendable {
    private let settings: Settings
    private let program: ThisProgram
    private let logger: Logger
    private let health = Health(expecting: ["redis"])
    private let metrics = MetricsRegistry()

    /// Once per process: installs the metrics registry.
    package init(_ settings: Settings, program: ThisProgram, logger: Logger) {
        self.settings = settings
        self.program = program
        self.logger = logger
        MetricsSystem.bootstrap(metrics)
    }

    /// Checks what the children would trip over, then keeps them running until told to stop.
    ///
    /// - Parameter hasAllRoles: else only workers run here.
    package func run(hasAllRoles: Bool) async throws {
        let backends = try Backends(settings, logger: logger)
        try await backends.check(settings, logger: logger)
        try await backends.close()
        let redis = try Backends.redis(settings, logger)
        let board = RedisFleetBoard(client: redis)
        let plan = FleetPlan(settings, program: program)
        let supervisor = Supervisor(
            hasAllRoles ? plan.children : [],
            workers: workers(plan, board),
            metrics: metrics,
            logger: logger
        )
        try await serve(supervisor, plan, RedisWatch(redis: redis, health: health, factory: metrics))
        board.close()
        await redis.shutdown()
    }

    private func workers(_ plan: FleetPlan, _ board: any FleetBoard) -> ScaledWorkers {
        let scaling = settings.worker.scaling
        let most = min(scaling.most, settings.worker.mostPerMachine ?? max(2, Processors.usable() * 2, scaling.least))
        logger.notice("workers are scaled", [.count: .integer(scaling.least), .limit: .integer(most)])
        return ScaledWorkers(
            sets: settings.workerSets.map(\.name),
            least: scaling.least,
            most: most,
            fleet: ProcessName.unique("fleet"),
            host: HostName.text,
            board: board,
            child: { plan.worker(of: $0, place: $1) }
        )
    }

    private func serve(_ supervisor: Supervisor, _ plan: FleetPlan, _ watch: RedisWatch) async throws {
        var address = settings.operations
        address.port = plan.operationsPort
        let operations = OperationsServer(
            settings: address,
            health: health,
            metrics: metrics,
            logger: logger
        )
        let services: [any Service] = [operations, watch, supervisor]
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        // Four stop orders, each with its children's grace.
        configuration.maximumGracefulShutdownDuration = (settings.worker.drain + .seconds(15)) * 4 + .seconds(10)
        try await ServiceGroup(configuration: configuration).run()
    }
}
