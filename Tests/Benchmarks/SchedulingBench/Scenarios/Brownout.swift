import Penstock

/// A provider becomes 20 times slower for five minutes and then recovers, while jobs of all patience keep coming.
enum Brownout {
    private static let calm = 30.0
    private static let slowUntil = calm + 300
    private static let end = slowUntil + 75
    /// Per second: what the limit grants, what comes, and 64 calls/s of the 16 places at full speed.
    private static let full = 50.0
    private static let arrivals = 40.0
    private static let places = 16
    private static let patience = [3.0, 15, 60, 600, 3600]
    private static let fastest = 0.25 * 0.8

    private struct Ends: Sendable {
        var finished: [Double] = []
        /// When each expired job came, when it ended, and how long before its deadline.
        var expired: [(came: Double, ended: Double, early: Double)] = []
    }

    static func run(_ samples: Samples) async throws -> [Figures] {
        let latency = SimulatedProvider.Latency(base: 0.25, perOutputToken: 0) { time in
            (calm..<slowUntil).contains(time) ? 20 : 1
        }
        let provider = SimulatedProvider(.init(requests: Int(full * 60)), latency: latency)
        let ends = Shared(Ends())
        try await Bed.with { bed in
            let pool = Pool.limited("brownout", requests: Int(full * 60), calls: places)
            let lane = try await bed.lane(pool)
            let own = try await bed.lane(pool)
            let stop = StopSign()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Keeper(lane: lane, stop: stop).run { note($0, provider.journal, ends) } }
                group.addTask {
                    try await Worker(own, 1, places: 256, stop: stop).run { taken in
                        if try await Desk(lane: own, provider: provider).serve(taken) {
                            let time = provider.journal.seconds
                            ends.change { $0.finished.append(time) }
                        }
                    }
                }
                group.addTask {
                    try await submit(lane, provider.journal)
                    stop.raise()
                }
                try await group.waitForAll()
            }
            for each in [lane, own] { await each.close() }
        }
        return [figures(ends.value)]
    }

    private static func note(_ expired: QueuedJob, _ journal: Journal, _ ends: Shared<Ends>) {
        let ended = journal.seconds
        let now = Timestamp.present
        let came = ended - now.since(expired.job.createdAt).inSeconds
        let early = expired.job.deadline.since(now).inSeconds
        ends.change { $0.expired.append((came, ended, early)) }
    }

    private static func submit(_ lane: Lane, _ journal: Journal) async throws {
        var random = Random(seed: 81)
        var next = 0.0
        while next < end {
            next += random.exponential(mean: 1 / arrivals)
            let patience = patience.randomElement(using: &random) ?? 60
            let wait = next - journal.seconds
            if wait > 0.002 { try await Task.sleep(for: .fraction(wait)) }
            let job = lane.job("tenant-1", CallPlan(tokens: 100), deadlineIn: .fraction(patience))
            try await lane.enqueue([job])
        }
    }

    private static func figures(_ ends: Ends) -> Figures {
        let isSlow = { (time: Double) in (calm..<slowUntil).contains(time) }
        // In time, even by the fastest call of the moment.
        let servable = ends.expired.count { $0.early > fastest * (isSlow($0.ended) ? 20 : 1) }
        let settled = slowUntil + 30
        let late = ends.expired.count { $0.came > settled }
        let recovered = recovery(ends.finished)
        var figures = Figures("brownout")
        figures.add("served", ends.finished.count)
        figures.add("served_in_brownout", ends.finished.count { isSlow($0) })
        figures.add("expired", ends.expired.count)
        figures.add("dropped_before_the_deadline", ends.expired.count { $0.early > 0 })
        figures.add("dropped_that_could_have_been_served", servable)
        figures.add("expired_of_those_that_came_30_s_after_recovery", late)
        figures.add("seconds_to_95_percent", recovered)
        figures.judge(
            "nothing dropped early that could have been served, full rate within 30 s of recovery",
            servable == 0 && late == 0 && recovered <= 30
        )
        return figures
    }

    /// Seconds from the recovery to the beginning of the first 5 s at 95 % of the full rate.
    private static func recovery(_ finished: [Double]) -> Double {
        for step in stride(from: 0.0, to: 60, by: 0.5) {
            let from = slowUntil + step
            let rate = Double(finished.count { (from..<from + 5).contains($0) }) / 5
            if rate >= 0.95 * full { return step }
        }
        return .infinity
    }
}
