package import CoreMetrics
package import Logging
package import Penstock
import ServiceLifecycle
package import Telemetry

/// What a scheduler needs of the world.
package struct SchedulerDependencies: Sendable {
    package var queues: [PoolName: any JobQueue]
    package var ledger: any Ledger
    package var topology: Topology
    package var clock: WallClock
    package var health: Health
    package var metrics: any MetricsFactory
    /// Nil keeps to the pools of the settings.
    package var unconfiguredPools: UnconfiguredPools?
    /// Nil plans no workers.
    package var autoscaling: Autoscaling?

    package init(
        queues: [PoolName: any JobQueue],
        ledger: any Ledger,
        topology: Topology,
        clock: WallClock,
        health: Health,
        metrics: any MetricsFactory,
        unconfiguredPools: UnconfiguredPools? = nil,
        autoscaling: Autoscaling? = nil
    ) {
        self.queues = queues
        self.ledger = ledger
        self.topology = topology
        self.clock = clock
        self.health = health
        self.metrics = metrics
        self.unconfiguredPools = unconfiguredPools
        self.autoscaling = autoscaling
    }
}

/// A scheduler process: what no single job drives. Any number may run; each step is atomic or leased.
package struct SchedulerService: Service {
    let configuration: SchedulerConfiguration
    let dependencies: SchedulerDependencies
    let outages: OutageLog
    let logger: Logger

    package init(configuration: SchedulerConfiguration, dependencies: SchedulerDependencies, logger: Logger) {
        self.configuration = configuration
        self.dependencies = dependencies
        outages = OutageLog(logger)
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for loop in loops() { group.addTask { await loop() } }
            }
        }
    }

    private func loops() -> [@Sendable () async -> Void] {
        let experience = ExperienceBoard()
        let batches = BatchLoop(
            driver: BatchDriver(configuration, dependencies, experience, outages, logger),
            dependencies: dependencies
        )
        let bell = AutoscalerBell()
        var loops: [@Sendable () async -> Void] = [{ await batches.run() }]
        for queue in dependencies.queues.values {
            let pool = PoolLoop(keeper: keeper(of: queue), steps: steps, extras: [learn(from: queue, experience)]) {
                bell.ring(queue.pool)
            }
            let reconcile = reconcile(queue)
            loops += [{ await pool.run() }, { await reconcile.run() }]
        }
        if let pools = dependencies.unconfiguredPools {
            let removed = RemovedPools(service: self, pools: pools)
            loops.append { await removed.run() }
        }
        for step in spreading + cleaning { loops.append { await step.run() } }
        return loops + autoscalers(bell)
    }

    private func autoscalers(_ bell: AutoscalerBell) -> [@Sendable () async -> Void] {
        guard let scaling = dependencies.autoscaling else { return [] }
        let blindness = Blindness(factory: dependencies.metrics)
        return scaling.sets.map { set in
            let loop = AutoscalerLoop(set, scaling, dependencies, bell, blindness, logger)
            return { await loop.run() }
        }
    }

    var steps: StepMaker { StepMaker(health: dependencies.health, outages: outages) }

    func keeper(of queue: any JobQueue) -> PoolKeeper {
        PoolKeeper(
            queue: queue,
            pool: dependencies.topology.pool(named: queue.pool),
            ledger: dependencies.ledger,
            maxDeaths: configuration.maxDeaths,
            clock: dependencies.clock,
            metrics: PoolMetrics(pool: queue.pool, factory: dependencies.metrics),
            logger: logger
        )
    }

    /// Asks the ledger, so also of a pool that is empty: it may have lost what it held.
    func reconcile(_ queue: any JobQueue) -> RepeatedStep {
        let upkeep = Upkeep(dependencies: dependencies, logger: logger)
        return steps.step("reconcile.\(queue.pool)", every: .seconds(10)) { try await upkeep.reconcile(queue) }
    }

    private func learn(from queue: any JobQueue, _ experience: ExperienceBoard) -> RepeatedStep {
        steps.step("experience.\(queue.pool)", every: .seconds(5)) { try await experience.refresh(from: queue) }
    }

    private var spreading: [RepeatedStep] {
        let spreader = ControlSpreader(dependencies)
        return [
            steps.step("pauses", every: .seconds(5)) { try await spreader.spreadPauses() },
            steps.step("policies", every: .seconds(5)) { try await spreader.spreadPolicies() },
        ]
    }

    private var cleaning: [RepeatedStep] {
        let upkeep = Upkeep(dependencies: dependencies, logger: logger)
        let retention = Retention(dependencies: dependencies, standard: configuration.retention, logger: logger)
        return [
            steps.step("retention", every: .seconds(60)) { try await retention.sweep() },
            steps.step("files", every: .seconds(600)) { try await upkeep.removeAbandonedUploads() },
            steps.step("creations", every: .seconds(60)) { try await upkeep.forgetCreations() },
        ]
    }
}
