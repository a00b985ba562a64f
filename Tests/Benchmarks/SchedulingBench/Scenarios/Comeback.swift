import Penstock

/// Clients that are refused come back when they were told to: how many of them get in then. Bursts of three times the
/// drain rate, with pauses, so that there is room now and then.
enum Comeback {
    private static let perSecond = 50.0
    private static let burst = 150.0
    private static let burstSeconds = 5.0
    private static let cycleSeconds = 20.0
    private static let cycles = 6

    private struct Tally: Sendable {
        var clients = 0
        var refused = 0
        var returns = 0
        var admitted = 0
    }

    static func run(_ samples: Samples) async throws -> [Figures] {
        async let cap = play("cap", TenantPolicy(caps: LiveCaps(jobs: 150)), slack: 3600)
        async let deadline = play("deadline", TenantPolicy(), slack: 5)
        return [figures("cap", try await cap), figures("deadline", try await deadline)]
    }

    private static func play(_ name: String, _ policy: TenantPolicy, slack: Double) async throws -> Tally {
        let provider = SimulatedProvider(
            .init(requests: Int(perSecond * 60)),
            latency: .init(base: 0.2, perOutputToken: 0)
        )
        let tally = Shared(Tally())
        try await Bed.with { bed in
            let pool = Pool.limited(name, requests: Int(perSecond * 60))
            let lane = try await bed.lane(pool)
            let own = try await bed.lane(pool)
            try await lane.queue.setPolicy(policy, for: TenantID(trusted: "tenant-1"))
            let stop = StopSign()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Keeper(lane: lane, stop: stop).run() }
                group.addTask {
                    try await Worker(own, 1, places: 256, stop: stop).run { taken in
                        try await Desk(lane: own, provider: provider).serve(taken)
                    }
                }
                group.addTask {
                    try await arrive(lane, slack, tally)
                    stop.raise()
                }
                try await group.waitForAll()
            }
            for each in [lane, own] { await each.close() }
        }
        return tally.value
    }

    private static func arrive(_ lane: Lane, _ slack: Double, _ tally: Shared<Tally>) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            var random = Random(seed: 141)
            let watch = Stopwatch()
            var next = 0.0
            while next < cycleSeconds * Double(cycles) {
                next += random.exponential(mean: 1 / burst)
                let intoCycle = next.truncatingRemainder(dividingBy: cycleSeconds)
                if intoCycle > burstSeconds { next += cycleSeconds - intoCycle }
                let wait = next - watch.seconds
                if wait > 0.001 { try await Task.sleep(for: .fraction(wait)) }
                group.addTask { try await client(lane, slack, tally) }
            }
        }
    }

    /// Tries until it is in, at most so often.
    private static func client(_ lane: Lane, _ slack: Double, _ tally: Shared<Tally>) async throws {
        tally.change { $0.clients += 1 }
        for attempt in 0..<10 {
            let job = lane.job("tenant-1", CallPlan(tokens: 100), deadlineIn: .fraction(slack))
            let answer = try await lane.queue.admit(job, AdmissionTerms())
            let isIn = if case .accepted = answer { true } else { false }
            tally.change { tally in
                if attempt > 0 { tally.returns += 1 }
                if attempt > 0, isIn { tally.admitted += 1 }
                if attempt == 0, !isIn { tally.refused += 1 }
            }
            guard case .refused(let refusal) = answer else { return }
            // As the header tells it: in whole seconds, rounded up.
            try await Task.sleep(for: .seconds(refusal.retryAfter.inSeconds.rounded(.up)))
        }
    }

    private static func figures(_ name: String, _ tally: Tally) -> Figures {
        let share = tally.returns == 0 ? 1 : Double(tally.admitted) / Double(tally.returns)
        var figures = Figures("retry_after_\(name)")
        figures.add("clients", tally.clients)
        figures.add("refused_at_first", tally.refused)
        figures.add("returns", tally.returns)
        figures.add("returns_that_got_in", share, digits: 4)
        figures.add("bar", "none; it is to be measured")
        return figures
    }
}
