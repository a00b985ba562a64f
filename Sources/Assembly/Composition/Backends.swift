package import Logging
import Penstock
import Queue
import Redis
import Scheduler
import Synchronization
import Telemetry

/// The stores behind the roles, opened and checked.
package struct Backends: Sendable {
    let redis: RedisClient
    let ledger: any Ledger
    let queues: [RedisJobQueue]
    /// Where workers, fleets and schedulers meet.
    let board: RedisFleetBoard
    private let openLedger: OpenLedger
    private let unconfigured: UnconfiguredQueues

    /// Opens what the settings name. Redis is contacted by `check`.
    ///
    /// - Throws: `SettingsError` or what keeps the ledger from opening.
    package init(_ settings: Settings, logger: Logger) throws {
        let redis = try Self.redis(settings, logger)
        self.redis = redis
        openLedger = try OpenLedger(settings, logger: logger)
        ledger = openLedger.ledger
        queues = settings.topology.pools.map {
            RedisJobQueue(
                pool: $0,
                client: redis,
                lease: settings.worker.lease,
                spoolBytes: settings.worker.spoolBytes
            )
        }
        board = RedisFleetBoard(client: redis)
        unconfigured = UnconfiguredQueues(client: redis, lease: settings.worker.lease)
    }

    var unconfiguredPools: UnconfiguredPools {
        UnconfiguredPools(
            known: { [redis] in try await KnownPools.names(of: redis) },
            queue: { [unconfigured] in unconfigured.open($0) }
        )
    }

    /// Queues of pools that Redis knows and the settings do not.
    func removedQueues() async throws -> [any JobQueue] {
        let configured = Set(queues.map(\.pool))
        return try await KnownPools.names(of: redis).filter { !configured.contains($0) }.map(unconfigured.open)
    }

    var queuesByPool: [PoolName: any JobQueue] {
        Dictionary(uniqueKeysWithValues: queues.map { ($0.pool, $0 as any JobQueue) })
    }

    /// Waits for Redis for a while and refuses one that may lose jobs, unless the settings allow it.
    package func check(_ settings: Settings, logger: Logger) async throws {
        let problems = try await problemsOnceLoaded(logger)
        for problem in problems { logger.warning("redis is not safe", [.reason: .text(problem)]) }
        guard problems.isEmpty || settings.allowDataLoss else {
            throw SettingsError(
                problems.joined(separator: " ") + " Set redis.allow_data_loss: true to start all the same."
            )
        }
    }

    /// Loading takes as long as there is data: nobody is told to give up meanwhile.
    private func problemsOnceLoaded(_ logger: Logger) async throws -> [String] {
        var hasTold = false
        while true {
            let found = try await Self.patiently { try await RedisRequirements.problems(of: redis) }
            if let found { return found }
            if !hasTold { logger.notice("redis is loading its data, waiting") }
            hasTold = true
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    package func close() async throws {
        for queue in queues + unconfigured.opened { queue.close() }
        await redis.shutdown()
        try await openLedger.close()
    }

    static func redis(_ settings: Settings, _ logger: Logger) throws -> RedisClient {
        var configuration: RedisConfiguration
        do {
            configuration = try RedisConfiguration(url: settings.redisURL.revealed)
        } catch {
            throw SettingsError("setting `redis.url`: \(error.message)")
        }
        configuration.tls?.caFile = settings.redisTLS?.caFile
        configuration.tls?.certificateFile = settings.redisTLS?.certificateFile
        configuration.tls?.privateKeyFile = settings.redisTLS?.keyFile
        configuration.commandTimeout = settings.redisCommandTimeout
        configuration.clientName = "penstock"
        return try RedisClient(configuration: configuration, logger: logger)
    }

    /// At start Redis may still be loading its data.
    private static func patiently<Value>(_ body: () async throws -> Value) async throws -> Value {
        let end = ContinuousClock.now + .seconds(10)
        while true {
            do {
                return try await body()
            } catch  where ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }
}

/// Queues of pools that the settings do not name, to be closed with the others.
private final class UnconfiguredQueues: Sendable {
    private let client: RedisClient
    private let lease: Duration
    private let queues = Mutex<[RedisJobQueue]>([])

    init(client: RedisClient, lease: Duration) {
        self.client = client
        self.lease = lease
    }

    var opened: [RedisJobQueue] { queues.withLock { $0 } }

    func open(_ name: PoolName) -> RedisJobQueue {
        let pool = Pool(name: name, targets: [], limitGroups: [], classWeights: Pool.defaultClassWeights)
        let queue = RedisJobQueue(pool: pool, client: client, lease: lease)
        queues.withLock { $0.append(queue) }
        return queue
    }
}
