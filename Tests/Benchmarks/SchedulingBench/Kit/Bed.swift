import Logging
import Penstock
import Queue
import Redis
import TestSupport

/// A Redis of one or more scenarios, set as `ops/redis/redis.conf` does: append-only file, fsync every second.
struct Bed: Sendable {
    let server: RedisServer
    let client: RedisClient

    /// A rewrite of the append-only file in between would be counted with whatever is measured then.
    static let withoutRewrite = ["--auto-aof-rewrite-percentage", "0"]

    static func with<Value>(
        _ arguments: [String] = [],
        _ body: (Bed) async throws -> Value
    ) async throws -> Value {
        let fixed = [
            "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
            "--stream-node-max-entries", "20",
        ]
        return try await RedisServer.with(arguments: fixed + arguments) { server in
            let client = try connect(server)
            do {
                let value = try await body(Bed(server: server, client: client))
                await client.shutdown()
                return value
            } catch {
                await client.shutdown()
                throw error
            }
        }
    }

    /// A pool on a connection of its own, as one process has it.
    func lane(_ pool: Pool) async throws -> Lane {
        let client = try Self.connect(server)
        let queue = RedisJobQueue(pool: pool, client: client, lease: .seconds(60))
        let epoch = try await queue.epoch()
        return Lane(pool: pool, queue: queue, client: client, epoch: epoch, doorbell: queue.close)
    }

    /// Numbers of one section of `INFO`.
    func info(_ section: String) async throws -> [String: Double] {
        let text = try await client.send("INFO", section).string ?? ""
        var found: [String: Double] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, let number = Double(parts[1]) { found[String(parts[0])] = number }
        }
        return found
    }

    /// CPU seconds of the server's own threads so far.
    func cpu() async throws -> Double {
        let found = try await info("cpu")
        return (found["used_cpu_user"] ?? 0) + (found["used_cpu_sys"] ?? 0)
    }

    func memory() async throws -> Double { try await info("memory")["used_memory"] ?? 0 }

    private static func connect(_ server: RedisServer) throws -> RedisClient {
        var configuration = try RedisConfiguration(url: server.url)
        configuration.commandTimeout = .seconds(60)
        return try RedisClient(configuration: configuration, logger: Logger(label: "bench"))
    }
}

/// One process' view of a pool.
struct Lane: Sendable {
    let pool: Pool
    let queue: any JobQueue
    let client: RedisClient
    let epoch: PoolEpoch
    /// Closes the connection that waits for work.
    let doorbell: @Sendable () -> Void

    func close() async {
        doorbell()
        await client.shutdown()
    }

    /// Enqueues in scripts of bounded length.
    func enqueue(_ jobs: [Job]) async throws {
        for start in stride(from: 0, to: jobs.count, by: 50) {
            try await queue.enqueue(Array(jobs[start..<min(start + 50, jobs.count)]))
        }
    }

    func job(
        _ tenant: String,
        _ plan: CallPlan,
        estimate: TokenEstimate? = nil,
        jobClass: JobClass = .standard,
        deadlineIn: Duration = .seconds(86_400)
    ) -> Job {
        let now = Timestamp.present
        return Job(
            id: IDGenerator.job(epoch: epoch, at: now),
            tenant: TenantID(trusted: tenant),
            jobClass: jobClass,
            deadline: now.adding(deadlineIn),
            createdAt: now,
            endpoint: .chatCompletions,
            model: "bench",
            estimate: estimate ?? TokenEstimate(input: plan.input, output: plan.output),
            body: plan.body
        )
    }
}
