import Penstock

/// 1,000 tenants that always have work, weights 1:2:5, job sizes over three decades, estimates off by up to 2 either
/// way: how near each comes to its share of the tokens.
enum Fairness {
    private static let tenants = 1000
    private static let weights = [1, 2, 5]
    private static let depth = 3
    private static let jobsEach = 200
    private static let loops = 2

    private struct Tally: Sendable {
        var jobs: [Int]
        var tokens: [Double]
        /// Tenants that were served too little yet.
        var missing: Int
    }

    static func run(_ samples: Samples) async throws -> [Figures] {
        try await Bed.with { bed in
            let pool = Pool.bench("fairness")
            let lanes = try await Backlog.lanes(loops, of: pool, in: bed)
            let trace = Trace(seed: 1, sizes: 100...100_000, estimates: .poor)
            let tally = Shared(
                Tally(
                    jobs: [Int](repeating: 0, count: tenants),
                    tokens: [Double](repeating: 0, count: tenants),
                    missing: tenants
                )
            )
            try await fill(lanes[0], trace)
            let watch = Stopwatch()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, lane) in lanes.enumerated() {
                    group.addTask {
                        while tally.change({ $0.missing }) > 0 {
                            let served = try await turn(lane, ConsumerName("worker-\(number)"), trace)
                            tally.change { count(served, &$0) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            for lane in lanes { await lane.close() }
            return [figures(tally.value, seconds: watch.seconds)]
        }
    }

    private static func fill(_ lane: Lane, _ trace: Trace) async throws {
        for tenant in 0..<tenants {
            let policy = TenantPolicy(weight: weights[tenant % weights.count])
            try await lane.queue.setPolicy(policy, for: TenantID(trusted: "t\(tenant)"))
            try await lane.enqueue(trace.jobs(depth, "t\(tenant)", in: lane))
        }
    }

    /// Takes jobs, settles them by their actual tokens, and hands in one for each.
    private static func turn(_ lane: Lane, _ worker: ConsumerName, _ trace: Trace) async throws -> [(Int, Int)] {
        let taken = try await lane.queue.take(Worker.mostPerTake, for: worker).jobs
        guard !taken.isEmpty else { throw BenchError("a pool without limits gave nothing") }
        let next = taken.flatMap { trace.jobs(1, $0.job.tenant.text, in: lane) }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await lane.enqueue(next) }
            for each in taken {
                group.addTask { _ = try await lane.queue.settle(each.lease, .done(try CallPlan(of: each.job))) }
            }
        }
        return try taken.map { (Int($0.job.tenant.text.dropFirst()) ?? 0, try CallPlan(of: $0.job).tokens) }
    }

    private static func count(_ served: [(Int, Int)], _ tally: inout Tally) {
        for (tenant, tokens) in served {
            tally.jobs[tenant] += 1
            tally.tokens[tenant] += Double(tokens)
            if tally.jobs[tenant] == jobsEach { tally.missing -= 1 }
        }
    }

    private static func figures(_ tally: Tally, seconds: Double) -> Figures {
        let perWeight = tally.tokens.enumerated().map { $1 / Double(weights[$0 % weights.count]) }
        let fair = tally.tokens.reduce(0, +) / Double((0..<tenants).reduce(0) { $0 + weights[$1 % weights.count] })
        let worst = (perWeight.min() ?? 0) / fair
        var figures = Figures("fairness")
        figures.add("tenants", tenants)
        figures.add("jobs", tally.jobs.reduce(0, +))
        figures.add("seconds", seconds, digits: 1)
        figures.add("worst_share_per_weight", worst, digits: 4)
        figures.add("best_share_per_weight", (perWeight.max() ?? 0) / fair, digits: 4)
        var least = 1.0
        for (place, weight) in weights.enumerated() {
            let group = tally.tokens.enumerated().filter { $0.offset % weights.count == place }.map(\.element)
            figures.add("jain_weight_\(weight)", jain(group), digits: 5)
            least = min(least, jain(group))
        }
        figures.judge("worst share/weight ≥ 0.97, Jain's index ≥ 0.995 per weight", worst >= 0.97 && least >= 0.995)
        return figures
    }
}
