import Penstock

/// A pool with every gate there is, all of them far above what the scenario does, and 10,000 tenants under policies.
enum AllGates {
    static let tenants = 10_000

    static func pool(_ name: String) -> Pool {
        let account = LimitGroup(
            name: "account",
            requestsPerMinute: 50_000_000,
            tokensPerMinute: 9_000_000_000,
            inputTokensPerMinute: 9_000_000_000,
            outputTokensPerMinute: 9_000_000_000,
            maxConcurrency: 1_000_000,
            requestsPerDay: 1_000_000_000
        )
        let targets = ["first", "second"].map { Target.bench($0, groups: ["account"], calls: 1_000_000) }
        let most = LiveCaps(jobs: 10_000_000, bytes: 1 << 40, tokens: 1 << 40)
        return .bench(name, targets: targets, groups: [account], caps: most)
    }

    static func tenant(_ number: Int) -> String { "tenant-\(number % tenants)" }

    static func setPolicies(_ lane: Lane) async throws {
        try await inParallel(tenants, width: 64) { number in
            let policy = TenantPolicy(
                weight: 1 + number % 5,
                maxRunning: 100_000,
                requestsPerMinute: 10_000_000,
                tokensPerMinute: 9_000_000_000,
                caps: LiveCaps(jobs: 1_000_000, bytes: 1 << 40, tokens: 1 << 40)
            )
            try await lane.queue.setPolicy(policy, for: TenantID(trusted: tenant(number)))
        }
    }

    static func jobs(_ range: Range<Int>, in lane: Lane) -> [Job] {
        range.map { lane.job(tenant($0), CallPlan(tokens: 300)) }
    }
}

/// Runs `body` for 0..<count, `width` at a time.
func inParallel(_ count: Int, width: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<count {
            if number >= width { try await group.next() }
            group.addTask { try await body(number) }
        }
        try await group.waitForAll()
    }
}
