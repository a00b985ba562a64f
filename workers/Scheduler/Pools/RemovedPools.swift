package import Penstock
import Telemetry

/// Where queues come from that the settings do not name.
package struct UnconfiguredPools: Sendable {
    /// All pools that Redis knows, configured ones too.
    package var known: @Sendable () async throws -> [PoolName]
    /// The queue of a pool without targets.
    package var queue: @Sendable (PoolName) -> any JobQueue

    package init(
        known: @escaping @Sendable () async throws -> [PoolName],
        queue: @escaping @Sendable (PoolName) -> any JobQueue
    ) {
        self.known = known
        self.queue = queue
    }
}

/// Keeps pools that Redis knows and the settings do not: what was accepted there still gets its result.
struct RemovedPools: Sendable {
    private static let interval = Duration.seconds(60)

    let service: SchedulerService
    let pools: UnconfiguredPools

    func run() async {
        let (found, finder) = AsyncStream<PoolName>.makeStream()
        let configured = Set(service.dependencies.queues.keys)
        let look = service.steps.step("removed-pools", every: Self.interval) {
            for pool in try await pools.known() where !configured.contains(pool) { finder.yield(pool) }
        }
        await withDiscardingTaskGroup { group in
            group.addTask { await look.run() }
            var kept: Set<PoolName> = []
            for await pool in found where kept.insert(pool).inserted {
                service.logger.notice("a pool that is not in the settings is kept", [.pool: .text(pool.text)])
                let keeper = service.keeper(of: pools.queue(pool))
                for loop in loops(keeper) { group.addTask { await loop() } }
            }
        }
    }

    private func loops(_ keeper: PoolKeeper) -> [@Sendable () async -> Void] {
        let removed = RemovedPool(keeper: keeper, grace: service.configuration.removedPoolGrace)
        let interval = max(.seconds(1), min(service.configuration.removedPoolGrace / 4, Self.interval))
        let end = service.steps.step("removed.\(keeper.queue.pool)", every: interval) {
            try await removed.endUnserved()
        }
        let pool = PoolLoop(keeper: keeper, steps: service.steps, extras: [end])
        let reconcile = service.reconcile(keeper.queue)
        return [{ await pool.run() }, { await reconcile.run() }]
    }
}
