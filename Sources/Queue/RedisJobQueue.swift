package import Penstock
package import Redis

/// One pool's queue in Redis: typed calls of the Lua library. All decisions are in the scripts.
package final class RedisJobQueue: JobQueue {
    package let pool: PoolName
    let keys: PoolKeys
    let client: RedisClient
    let leaseMilliseconds: Int64
    /// The pool's limits, as the scripts read them.
    let program: [UInt8]
    let caps: LiveCaps
    /// The most bytes of outcomes that wait for the ledger.
    let spoolBytes: Int
    let targetNames: [String]
    /// Target → the limit groups that it counts against.
    let limitGroups: [String: [String]]
    let settlements: SettlementGroups
    private let bell: Doorbell
    private let wakeBell: Doorbell

    /// Jobs that one script looks at, so that none runs longer than 2 ms.
    static let jobsPerLook = 50
    /// Jobs that one script adds, changes or removes: that is more work, above all among a million others.
    static let jobsPerChange = 32

    /// - Parameters:
    ///   - lease: how long a worker may be silent before its jobs go to others.
    ///   - spoolBytes: the most that may wait for the ledger.
    package init(pool: Pool, client: RedisClient, lease: Duration, spoolBytes: Int = 64 << 20) {
        self.pool = pool.name
        self.client = client
        keys = PoolKeys(pool: pool.name)
        leaseMilliseconds = lease.wholeMilliseconds
        program = PoolProgram.encode(pool, spoolBytes: spoolBytes)
        caps = pool.caps
        self.spoolBytes = spoolBytes
        targetNames = pool.targets.map(\.name)
        limitGroups = Dictionary(uniqueKeysWithValues: pool.targets.map { ($0.name, $0.countedGroups) })
        settlements = SettlementGroups { [keys] arguments in
            let script = QueueScripts.settle
            return try await client.evaluate(script.script, keys: keys.of(script), arguments: arguments)
        }
        bell = Doorbell(client: client, key: keys.bell)
        wakeBell = Doorbell(client: client, key: keys.wake)
    }

    package var connectedFor: Duration? { client.connectedFor }

    package func epoch() async throws -> PoolEpoch {
        let replies = try await translated {
            try await client.pipeline([
                RedisCommand("SET", keys.epoch, IDGenerator.epoch().text, "NX"), RedisCommand("GET", keys.epoch),
                RedisCommand("SADD", PoolKeys.knownPools, pool.text),
            ])
        }
        // A full Redis refuses to mint one, but still tells what there is.
        if let text = replies[1].string { return PoolEpoch(text) }
        let refusal = replies.lazy.compactMap(\.error).first
        if refusal?.prefix == "OOM" { throw QueueFull("the queue is full") }
        throw QueueUnavailable(refusal.map { "\($0)" } ?? "the pool has no epoch")
    }

    package func waitForWork(timeout: Duration) async throws {
        try await translated { try await bell.wait(timeout) }
    }

    package func waitForJobs(timeout: Duration) async throws {
        // Asked after the connection stands: a ring before it is not missed, as the bell keeps it.
        try await translated { try await wakeBell.wait(timeout) }
    }

    /// Closes the connections that wait for work.
    package func close() {
        bell.close()
        wakeBell.close()
    }

    func run(_ script: QueueScript, _ arguments: [any RedisArgument]) async throws -> RedisValue {
        try await translated {
            try await client.evaluate(script.script, keys: keys.of(script), arguments: arguments)
        }
    }
}

/// Turns the client's errors into the port's.
func translated<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch let error as RedisError {
        switch (error.code, error.serverError?.prefix) {
        case (_, "OOM"): throw QueueFull("the queue is full")
        case (_, "FULL"): throw QueueFull("a cap of the tenant or the pool is reached")
        case (.cancelled, _): throw CancellationError()
        default: throw QueueUnavailable(error.description, mayHaveHappened: error.mayHaveRun)
        }
    }
}
