import Penstock

/// Jobs of 10,000 tenants come evenly spread in time; workers wait at the doorbell. From the sending of the enqueue, so
/// its own time is part of it, until the worker has the job.
enum Latency {
    private static let seconds = 20.0

    static func run(_ bed: Bed, rate: Double) async throws -> Figures {
        let pool = AllGates.pool("gates")
        let lane = try await bed.lane(pool)
        let lanes = try await Backlog.lanes(2, of: pool, in: bed)
        let waits = Shared<[Double]>([])
        let stop = StopSign()
        try await ScriptTimes.begin(bed)
        let before = try await bed.cpu()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Keeper(lane: lane, stop: stop).run() }
            for (number, lane) in lanes.enumerated() {
                group.addTask {
                    try await Worker(lane, number, places: 512, stop: stop).run { taken in
                        let plan = try CallPlan(of: taken.job)
                        let wait = Double(nanoseconds() - plan.stamp) / 1e6
                        waits.change { $0.append(wait) }
                        _ = try await lane.queue.settle(taken.lease, .done(plan, nil, 0.2))
                    }
                }
            }
            group.addTask {
                try await submit(lane, rate)
                try await Task.sleep(for: .seconds(1))
                stop.raise()
            }
            try await group.waitForAll()
        }
        let cost = try await bed.cpu() - before
        let times = try await ScriptTimes.end(bed)
        for each in lanes + [lane] { await each.close() }
        let all = waits.value
        let (p50, p99) = (percentile(0.5, of: all), percentile(0.99, of: all))
        var figures = Figures("latency")
        figures.add("offered_per_second", rate, digits: 0)
        figures.add("jobs", all.count)
        figures.add("redis_us_per_job_in_all", cost / Double(max(1, all.count)) * 1e6, digits: 1)
        figures.add("scripts_per_job", times.scripts / Double(max(1, all.count)))
        figures.add("commands_per_job", times.commands(per: max(1, all.count)))
        figures.add("scripts_above_2_ms", times.slow)
        figures.add("script_longest_ms", times.longest)
        figures.add("p50_ms", p50)
        figures.add("p90_ms", percentile(0.9, of: all))
        figures.add("p99_ms", p99)
        figures.add("longest_ms", all.max() ?? 0)
        figures.judge("p50 ≤ 2 ms, p99 ≤ 10 ms at 30 % of 12,000/s", p50 <= 2 && p99 <= 10)
        return figures
    }

    /// An open loop: what is due is sent, whether or not what was sent before is through.
    private static func submit(_ lane: Lane, _ rate: Double) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            let watch = Stopwatch()
            var sent = 0
            while watch.seconds < seconds {
                let due = Int(watch.seconds * rate)
                while sent < due {
                    let range = sent..<min(due, sent + 8)
                    sent = range.upperBound
                    group.addTask {
                        let jobs = range.map { number in
                            var plan = CallPlan(tokens: 300)
                            plan.stamp = nanoseconds()
                            return lane.job(AllGates.tenant(number &* 7919), plan)
                        }
                        try await lane.queue.enqueue(jobs)
                    }
                }
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }
}
