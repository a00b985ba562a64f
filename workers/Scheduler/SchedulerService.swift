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

    package init(
        queues: [PoolName: any JobQueue],
        ledger: any Ledger,
        topology: Topology,
        clock: WallClock,
        health: Health,
        metrics: any MetricsFactory
    ) {
        self.queues = queues
        self.ledger = ledger
        self.topology = topology
        self.clock = clock
        self.health = health
        self.metrics = metrics
    }
}

/// A scheduler process: what no single job drives. Any number may run; each step is atomic or leased.
package struct SchedulerService: Service {
    let configuration: SchedulerConfiguration
    let dependencies: SchedulerDependencies
    let logger: Logger

    package init(configuration: SchedulerConfiguration, dependencies: SchedulerDependencies, logger: Logger) {
        self.configuration = configuration
        self.dependencies = dependencies
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for loop in loops() { group.addTask { await loop.run() } }
                let batches = BatchLoop(
                    driver: BatchDriver(configuration, dependencies, logger),
                    dependencies: dependencies,
                    logger: logger
                )
                group.addTask { await batches.run() }
            }
        }
    }

    private func loops() -> [RepeatedStep] {
        let keepers = dependencies.queues.values.map { queue in
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
        let upkeep = Upkeep(dependencies: dependencies, logger: logger)
        let steps = keepers.flatMap { keeper in
            [
                step("tick.\(keeper.queue.pool)", every: .milliseconds(100)) { try await keeper.tick() },
                step("expire.\(keeper.queue.pool)", every: .milliseconds(250)) { try await keeper.expire() },
                step("reclaim.\(keeper.queue.pool)", every: .seconds(1)) { try await keeper.reclaim() },
                step("reconcile.\(keeper.queue.pool)", every: .seconds(10)) {
                    try await upkeep.reconcile(keeper.queue)
                },
            ]
        }
        return steps + [
            step("policies", every: .seconds(5)) { try await upkeep.spreadPolicies() },
            step("files", every: .seconds(600)) { try await upkeep.removeAbandonedUploads() },
        ]
    }

    private func step(
        _ name: String,
        every interval: Duration,
        _ body: @escaping @Sendable () async throws -> Void
    ) -> RepeatedStep {
        RepeatedStep(name: name, interval: interval, health: dependencies.health, logger: logger, body: body)
    }
}
