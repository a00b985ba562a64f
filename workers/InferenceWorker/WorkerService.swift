package import CoreMetrics
package import Logging
package import Penstock
import ServiceLifecycle
package import Telemetry

/// What a worker needs of the world.
package struct WorkerDependencies: Sendable {
    package var pools: [(pool: Pool, queue: any JobQueue)]
    package var ledger: any Ledger
    package var caller: any ProviderCaller
    /// Makes the calls of suspects, in processes of their own.
    package var isolatedCaller: any SuspectCaller
    package var clock: WallClock
    package var health: Health
    package var metrics: any MetricsFactory
    /// Where the worker says how busy it is; nil tells nobody.
    package var board: (any FleetBoard)?

    package init(
        pools: [(pool: Pool, queue: any JobQueue)],
        ledger: any Ledger,
        caller: any ProviderCaller,
        isolatedCaller: any SuspectCaller,
        clock: WallClock,
        health: Health,
        metrics: any MetricsFactory,
        board: (any FleetBoard)? = nil
    ) {
        self.pools = pools
        self.ledger = ledger
        self.caller = caller
        self.isolatedCaller = isolatedCaller
        self.clock = clock
        self.health = health
        self.metrics = metrics
        self.board = board
    }
}

/// A worker process: one loop per pool that takes what there is room for, and one heartbeat for all leases.
package struct WorkerService: Service {
    /// How long an aborted call may take to be written down.
    private static let bookkeepingTime = Duration.seconds(5)
    /// Processes for groups of suspects of one size.
    private static let isolationProcesses = 4

    let configuration: WorkerConfiguration
    let dependencies: WorkerDependencies
    let consumer: ConsumerName
    let drained: WorkerDrain
    let logger: Logger

    package init(
        configuration: WorkerConfiguration,
        dependencies: WorkerDependencies,
        consumer: ConsumerName,
        drained: WorkerDrain = WorkerDrain(),
        logger: Logger
    ) {
        self.configuration = configuration
        self.dependencies = dependencies
        self.consumer = consumer
        self.drained = drained
        self.logger = logger
    }

    package func run() async throws {
        let leases = HeldLeases()
        let outages = OutageLog(logger)
        let slots = CallSlots(configuration.slots)
        let isolation = Isolation(
            dependencies.isolatedCaller,
            threshold: configuration.deathsToSuspect,
            processes: Self.isolationProcesses
        )
        let heartbeat = Heartbeat(
            consumer: consumer,
            queues: dependencies.pools.map(\.queue),
            leases: leases,
            lease: configuration.lease,
            health: dependencies.health,
            outages: outages
        )
        try await withThrowingDiscardingTaskGroup { group in
            // Both outlive the loops: leases are renewed until the last call is done, and fleets see how many there are.
            let beating = Task { await heartbeat.run() }
            defer { beating.cancel() }
            let reporting = Task { await self.reporter(slots)?.run() }
            defer { reporting.cancel() }
            await withDiscardingTaskGroup { loops in
                for (pool, queue) in dependencies.pools {
                    let loop = self.loop(pool, queue, slots, isolation, leases, outages)
                    loops.addTask { await loop.run() }
                }
                loops.addTask { await self.boundDrain(leases, slots) }
            }
        }
    }

    private func loop(
        _ pool: Pool,
        _ queue: any JobQueue,
        _ slots: CallSlots,
        _ isolation: Isolation,
        _ leases: HeldLeases,
        _ outages: OutageLog
    ) -> PoolLoop {
        let metrics = WorkerMetrics(pool: pool.name, factory: dependencies.metrics)
        let logger = logger.adding([.pool: .text(pool.name.text)])
        let run = JobRun(
            pool: pool,
            queue: queue,
            ledger: dependencies.ledger,
            caller: dependencies.caller,
            isolation: isolation,
            configuration: configuration,
            leases: leases,
            drained: drained,
            clock: dependencies.clock,
            metrics: metrics,
            watch: TargetWatch(pool, factory: dependencies.metrics, logger: logger),
            outages: outages,
            logger: logger
        )
        return PoolLoop(
            queue: queue,
            consumer: consumer,
            slots: slots,
            leases: leases,
            run: run,
            metrics: metrics,
            health: dependencies.health,
            clock: dependencies.clock,
            outages: outages,
            logger: logger
        )
    }

    private func reporter(_ slots: CallSlots) -> WorkerReporter? {
        dependencies.board.map { board in
            WorkerReporter(
                board: board,
                consumer: consumer,
                set: configuration.set,
                slots: slots,
                drained: drained,
                since: dependencies.clock.now(),
                logger: logger
            )
        }
    }

    /// After the stop signal: calls that are not done in time are aborted, and a little later even bookkeeping ends.
    private func boundDrain(_ leases: HeldLeases, _ slots: CallSlots) async {
        do {
            try await gracefulShutdown()
            drained.begin()
            await waitUntilIdle(slots) { [drained, configuration] in
                drained.deadline(drain: configuration.drain, longestCall: configuration.longestCall)
            }
        } catch {
            // Cancelled: the drain ends at once.
            drained.begin()
        }
        leases.abortAll()
        let end = ContinuousClock.now + Self.bookkeepingTime
        await waitUntilIdle(slots) { end }
        drained.finish()
    }

    /// Waits in a task of its own, for in a cancelled one a sleep does not wait.
    ///
    /// - Parameter end: asked again and again, as it may come nearer.
    private func waitUntilIdle(_ slots: CallSlots, until end: @escaping @Sendable () -> ContinuousClock.Instant) async {
        await Task {
            while slots.inUse > 0, ContinuousClock.now < end() {
                // Never cancelled: nobody holds this task.
                try? await Task.sleep(for: .milliseconds(50))
            }
        }.value
    }
}
