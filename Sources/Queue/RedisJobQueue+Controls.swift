package import Penstock
import Redis

extension RedisJobQueue {
    private static let policiesPerCall = 100

    package func setPolicy(_ policy: TenantPolicy, for tenant: TenantID) async throws {
        try await setPolicies([(tenant, policy)])
    }

    /// The same for many tenants at once.
    package func setPolicies(_ policies: [(TenantID, TenantPolicy)]) async throws {
        for start in stride(from: 0, to: policies.count, by: Self.policiesPerCall) {
            let chunk = policies[start..<min(start + Self.policiesPerCall, policies.count)]
            _ = try await run(QueueScripts.policy, chunk.flatMap { [$0.text, $1.scriptText] })
        }
    }

    package func change(_ jobs: [JobID], _ change: JobChange) async throws -> Int {
        let head = [
            change.jobClass?.letter ?? "", change.deadline.map { "\(max(0, $0.milliseconds))" } ?? "",
        ]
        var known = 0
        for start in stride(from: 0, to: jobs.count, by: Self.jobsPerChange) {
            let chunk = jobs[start..<min(start + Self.jobsPerChange, jobs.count)].map(\.text)
            known += Int(try await run(QueueScripts.change, head + chunk).int64 ?? 0)
        }
        return known
    }

    package func setPaused(_ isPaused: Bool, linesOf batch: BatchID, after cursor: String?, limit: Int) async throws
        -> String?
    {
        let look = min(limit, Self.jobsPerLook)
        let arguments: [any RedisArgument] = [batch.text, isPaused ? 1 : 0, cursor ?? "0", look]
        let next = try await run(QueueScripts.pauseBatch, arguments).string ?? "0"
        return next == "0" ? nil : next
    }

    package func setControls(_ controls: PoolControls) async throws {
        let arguments: [any RedisArgument] = [controls.isPaused ? 1 : 0] + controls.pausedTargets.sorted()
        _ = try await run(QueueScripts.control, arguments)
    }

    package func resume(target: String) async throws {
        _ = try await run(QueueScripts.resume, [target] + (limitGroups[target] ?? []))
    }
}

extension TenantPolicy {
    /// weight:cap:ms per request:ms per token:paused:jobs:bytes:tokens, 0 for none.
    fileprivate var scriptText: String {
        let rates = [requestsPerMinute, tokensPerMinute].map { $0.map { "\(60_000 / Double($0))" } ?? "0" }
        let bounds = [caps.jobs, caps.bytes, caps.tokens].map { "\($0 ?? 0)" }
        return ([weight, maxRunning ?? 0].map { "\($0)" } + rates + [isPaused ? "1" : "0"] + bounds)
            .joined(separator: ":")
    }
}
