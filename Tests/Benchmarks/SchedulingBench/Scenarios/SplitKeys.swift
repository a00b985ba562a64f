import Penstock

/// A tenant that submits through ten keys at once, beside one of the same weight that uses one.
enum SplitKeys {
    private static let jobs = 10_000

    static func run(_ samples: Samples) async throws -> [Figures] {
        let alone = try await share(submitters: 1)
        let split = try await share(submitters: 10)
        var figures = Figures("split_keys")
        figures.add("share_with_1_key", alone, digits: 4)
        figures.add("share_with_10_keys", split, digits: 4)
        figures.add("gain", split / alone - 1, digits: 4)
        // One job of the measured ones may fall on either side.
        figures.judge("gain 0", abs(split - alone) <= 1 / Double(jobs))
        return [figures]
    }

    /// The splitting tenant's part of the tokens while both have work.
    private static func share(submitters: Int) async throws -> Double {
        try await Bed.with { bed in
            let lane = try await bed.lane(.bench("split"))
            try await submit(jobs, "honest", lane)
            try await withThrowingDiscardingTaskGroup { group in
                for _ in 0..<submitters {
                    group.addTask {
                        let own = try await bed.lane(lane.pool)
                        try await submit(jobs / submitters, "splitter", own)
                        await own.close()
                    }
                }
            }
            var tokens = (splitter: 0, all: 0)
            for _ in 0..<jobs / 50 {
                for taken in try await lane.queue.take(50, for: ConsumerName("worker")).jobs {
                    let plan = try CallPlan(of: taken.job)
                    _ = try await lane.queue.settle(taken.lease, .done(plan))
                    tokens.all += plan.tokens
                    if taken.job.tenant.text == "splitter" { tokens.splitter += plan.tokens }
                }
            }
            await lane.close()
            return Double(tokens.splitter) / Double(tokens.all)
        }
    }

    private static func submit(_ count: Int, _ tenant: String, _ lane: Lane) async throws {
        try await lane.enqueue((0..<count).map { _ in lane.job(tenant, CallPlan(tokens: 100)) })
    }
}
