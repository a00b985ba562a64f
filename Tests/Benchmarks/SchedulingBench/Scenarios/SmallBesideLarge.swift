import Penstock

/// A tenant with 10 jobs beside one with 100,000 of the same weight, 200 times over; against its waits alone on a target
/// with half the limits. The same jobs both times.
enum SmallBesideLarge {
    private static let repetitions = 200
    private static let jobs = 10
    private static let large = 100_000
    /// About 20 jobs a second, so that a repetition takes about a second.
    private static let tokens = 240_000
    private static let sizes = 50.0...500.0

    static func run(_ samples: Samples) async throws -> [Figures] {
        async let together = waits("beside", tokens: tokens, besideLarge: true)
        async let apart = waits("alone", tokens: tokens / 2, besideLarge: false)
        let (beside, alone) = try await (together, apart)
        let ratio = percentile(0.99, of: beside) / percentile(0.99, of: alone)
        var figures = Figures("small_beside_large")
        figures.add("repetitions", repetitions)
        figures.add("p50_beside_seconds", percentile(0.5, of: beside))
        figures.add("p50_alone_seconds", percentile(0.5, of: alone))
        figures.add("p99_beside_seconds", percentile(0.99, of: beside))
        figures.add("p99_alone_seconds", percentile(0.99, of: alone))
        figures.add("p99_ratio", ratio)
        figures.judge("≤ 2 × its p99 wait alone with its share of the limits", ratio <= 2)
        return [figures]
    }

    /// Seconds from enqueue to take of each of the small tenant's jobs.
    private static func waits(_ name: String, tokens: Int, besideLarge: Bool) async throws -> [Double] {
        try await Bed.with { bed in
            let lane = try await bed.lane(.limited(name, tokens: tokens))
            let own = try await bed.lane(lane.pool)
            if besideLarge { try await fill(lane) }
            let stop = StopSign()
            let found = Shared<[Double]>([])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Keeper(lane: lane, stop: stop).run() }
                group.addTask {
                    try await Worker(own, 1, places: 64, stop: stop).run { taken in
                        let plan = try CallPlan(of: taken.job)
                        if taken.job.tenant.text == "small" {
                            let wait = Double(nanoseconds() - plan.stamp) / 1e9
                            found.change { $0.append(wait) }
                        }
                        try await Task.sleep(for: .milliseconds(100))
                        _ = try await own.queue.settle(taken.lease, .done(plan))
                    }
                }
                group.addTask {
                    try await repeated(lane, found)
                    stop.raise()
                }
                try await group.waitForAll()
            }
            for lane in [own, lane] { await lane.close() }
            return found.value
        }
    }

    private static func fill(_ lane: Lane) async throws {
        let trace = Trace(seed: 21, sizes: sizes, estimates: .exact)
        for _ in 0..<large / 1000 { try await lane.enqueue(trace.jobs(1000, "large", in: lane)) }
    }

    private static func repeated(_ lane: Lane, _ found: Shared<[Double]>) async throws {
        let trace = Trace(seed: 22, sizes: sizes, estimates: .exact)
        for repetition in 1...repetitions {
            let stamp = nanoseconds()
            let batch = (0..<jobs).map { _ in
                var plan = trace.next().plan
                plan.stamp = stamp
                return lane.job("small", plan)
            }
            try await lane.enqueue(batch)
            let began = Stopwatch()
            while found.value.count < repetition * jobs {
                guard began.seconds < 30 else { throw BenchError("ten jobs were not taken within 30 s") }
                try await Task.sleep(for: .milliseconds(20))
            }
            // Both clocks are even again: calls settle, and the bucket is as it was.
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
