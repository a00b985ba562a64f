import Penstock

/// How fast jobs can be taken with all gates on, and what each step costs Redis; then, at 30 % of that load, how long it
/// is from a job's enqueue until a worker has it.
enum Throughput {
    private static let jobs = 100_000
    private static let consumers = 3
    /// Takes per second that the scheduler promises.
    private static let leastRate = 12_000.0

    static func run(_ samples: Samples) async throws -> [Figures] {
        try await Cores.sharing {
            try await Bed.with(Bed.withoutRewrite + Cores.redis) { bed in try await measure(bed) }
        }
    }

    private static func measure(_ bed: Bed) async throws -> [Figures] {
        let lane = try await bed.lane(AllGates.pool("gates"))
        try await AllGates.setPolicies(lane)
        try await learn(lane)
        var figures = Figures("throughput")
        let rate = try await steps(bed, lane, &figures)
        await lane.close()
        return [figures, try await Latency.run(bed, rate: 0.3 * min(rate, leastRate))]
    }

    /// Lets the pool see enough calls that their usual time is one of the gates.
    private static func learn(_ lane: Lane) async throws {
        let worker = ConsumerName("learner")
        for _ in 0..<8 {
            try await lane.enqueue(AllGates.jobs(0..<50, in: lane))
            while true {
                let taken = try await lane.queue.take(50, for: worker).jobs
                if taken.isEmpty { break }
                for each in taken {
                    _ = try await lane.queue.settle(each.lease, .done(try CallPlan(of: each.job), nil, 0.2))
                }
            }
            _ = try await lane.queue.tick()
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    /// Enqueues, takes and settles, one after the other; the takes per second.
    private static func steps(_ bed: Bed, _ lane: Lane, _ figures: inout Figures) async throws -> Double {
        let (enqueueCost, _) = try await cost(bed) {
            try await inParallel(jobs / 50, width: 4) { batch in
                try await lane.queue.enqueue(AllGates.jobs(batch * 50..<(batch + 1) * 50, in: lane))
            }
        }
        try await ScriptTimes.begin(bed)
        let taken = Shared<[TakenJob]>([])
        let lanes = try await Backlog.lanes(consumers, of: lane.pool, in: bed)
        let (takeCost, seconds) = try await cost(bed) {
            try await inParallel(consumers, width: consumers) { number in
                while true {
                    let found = try await lanes[number].queue.take(Worker.mostPerTake, for: ConsumerName("w\(number)"))
                    if found.jobs.isEmpty { return }
                    taken.change { $0 += found.jobs }
                }
            }
        }
        let times = try await ScriptTimes.end(bed)
        let held = taken.value
        guard held.count == jobs else { throw BenchError("\(held.count) of \(jobs) jobs were taken") }
        try await ScriptTimes.begin(bed)
        let (settleCost, _) = try await cost(bed) {
            try await inParallel(jobs, width: 200) { number in
                let plan = try CallPlan(of: held[number].job)
                _ = try await lane.queue.settle(held[number].lease, .done(plan, nil, 0.2))
            }
        }
        let settleTimes = try await ScriptTimes.end(bed)
        for each in lanes { await each.close() }
        let rate = Double(jobs) / seconds
        figures.add("tenants", AllGates.tenants)
        figures.add("taken_per_second", rate, digits: 0)
        figures.add("redis_us_per_take", takeCost, digits: 1)
        figures.add("redis_us_per_enqueue", enqueueCost, digits: 1)
        figures.add("redis_us_per_settle", settleCost, digits: 1)
        figures.add("commands_per_take", times.commands(per: jobs))
        figures.add("commands_per_settle", settleTimes.commands(per: jobs))
        figures.add("scripts_above_2_ms", times.slow + settleTimes.slow)
        figures.add("take_script_p999_ms", times.p999)
        figures.add("take_script_longest_ms", times.longest)
        figures.add("settle_script_longest_ms", settleTimes.longest)
        figures.judge("≥ 12,000 takes/s, ≤ 70 µs of Redis each", rate >= leastRate && takeCost <= 70)
        return rate
    }

    /// Microseconds of Redis CPU per job, and seconds on the clock.
    private static func cost(_ bed: Bed, _ body: () async throws -> Void) async throws -> (Double, Double) {
        let before = try await bed.cpu()
        let watch = Stopwatch()
        try await body()
        let seconds = watch.seconds
        return ((try await bed.cpu() - before) / Double(jobs) * 1e6, seconds)
    }
}
