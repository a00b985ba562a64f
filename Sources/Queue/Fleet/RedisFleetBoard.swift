package import Penstock
package import Redis
import Synchronization

/// The fleet board in Redis.
package final class RedisFleetBoard: FleetBoard {
    /// A worker reports every second.
    private static let reportLife = Duration.seconds(5)
    /// A fleet that died is replaced after so long.
    private static let claimLife = Duration.seconds(4)
    /// A plan is kept longer than it may be acted on: the next one is drawn from it.
    private static let planLife = Duration.seconds(600)

    private let client: RedisClient
    private let bells = Mutex<[WorkerSetName: Doorbell]>([:])

    package init(client: RedisClient) {
        self.client = client
    }

    package func report(_ worker: WorkerReport) async throws {
        _ = try await run(FleetScripts.report, worker.set, [worker.name.text, FleetCodec.encode(worker)])
    }

    package func withdraw(_ worker: ConsumerName) async throws {
        let key = FleetKeys(.all).all[0]
        _ = try await translated { try await client.send("HDEL", key, worker.text) }
    }

    package func look(at set: WorkerSetName) async throws -> FleetLook {
        let arguments = [Self.reportLife.wholeMilliseconds, Self.claimLife.wholeMilliseconds]
        let reply = try ReplyReader(try await run(FleetScripts.look, set, arguments))
        let plan = try reply.bytes(1)
        return FleetLook(
            now: Timestamp(milliseconds: Int64(try reply.integer(0))),
            // One that another version wrote is none.
            plan: plan.isEmpty ? nil : FleetCodec.plan(plan),
            fleets: try reply.texts(3).compactMap(FleetCodec.claim),
            version: try reply.integer(2),
            workers: try reply.texts(4).compactMap(FleetCodec.worker)
        )
    }

    package func takeTurn(at set: WorkerSetName, every interval: Duration) async throws -> Bool {
        let key = FleetKeys.key("turn", of: set)
        let reply = try await translated {
            try await client.send("SET", key, "1", "NX", "PX", interval.wholeMilliseconds)
        }
        return reply.string == "OK"
    }

    package func publish(_ plan: WorkerPlan, waking fleets: [FleetClaim]) async throws {
        let arguments: [any RedisArgument] = [
            FleetCodec.encode(plan), Self.planLife.wholeMilliseconds, fleets.count,
        ]
        _ = try await run(FleetScripts.publish, plan.set.name, arguments)
    }

    package func claim(_ claim: FleetClaim, at version: Int) async throws -> Bool {
        let arguments: [any RedisArgument] = [claim.fleet, FleetCodec.encode(claim), claim.count, version]
        return try await run(FleetScripts.claim, claim.set, arguments).int64 == 1
    }

    package func release(_ claim: FleetClaim) async throws {
        _ = try await run(FleetScripts.claim, claim.set, [claim.fleet, "", "", ""])
    }

    package func waitForPlan(of set: WorkerSetName, timeout: Duration) async throws {
        let bell = bells.withLock { bells in
            let bell = bells[set] ?? Doorbell(client: client, key: FleetKeys.key("bell", of: set))
            bells[set] = bell
            return bell
        }
        try await translated { try await bell.wait(timeout) }
    }

    /// Closes the connections that wait for plans.
    package func close() {
        for bell in bells.withLock({ Array($0.values) }) { bell.close() }
    }

    private func run(_ script: QueueScript, _ set: WorkerSetName, _ arguments: [any RedisArgument]) async throws
        -> RedisValue
    {
        let keys = FleetKeys(set).of(script)
        return try await translated { try await client.evaluate(script.script, keys: keys, arguments: arguments) }
    }
}
