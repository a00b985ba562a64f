import Penstock

/// A fixed trace (Poisson arrivals, slack uniform over 5…60 s, sizes over two decades) at 80, 100 and 150 % of the
/// limit: how many make it. FIFO beside it is the same pool with the order of arrival and nothing refused.
enum Deadlines {
    private static let tokens = 6_000_000
    private static let sizes = 100.0...10_000.0
    private static let seconds = 180.0
    /// The bucket's first fill is used up by then.
    private static let warm = 20.0
    private static let loads = [80, 100, 150]

    private struct Arrival: Sendable {
        var time: Double
        var plan: CallPlan
        var estimate: TokenEstimate
        var slack: Double
    }

    fileprivate struct Tally: Sendable {
        var submitted = 0
        var refused = 0
        var made = 0
        var madeTokens = 0
        /// Calls that the provider refused.
        var refusals = 0

    }

    static func run(_ samples: Samples) async throws -> [Figures] {
        try await Bed.with { bed in
            try await withThrowingTaskGroup(of: (Int, Figures).self) { group in
                for load in loads {
                    group.addTask {
                        async let own = play(load, isFIFO: false, bed)
                        async let fifo = play(load, isFIFO: true, bed)
                        return (load, figures(load, try await own, fifo: try await fifo))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
            }
        }
    }

    private static func trace(_ load: Int) -> [Arrival] {
        let jobs = Trace(seed: 111, sizes: sizes, estimates: .usual)
        var random = Random(seed: 112)
        let meanSize = (sizes.upperBound - sizes.lowerBound) / 4.605_17
        let rate = Double(tokens) / 60 / meanSize * Double(load) / 100
        var arrivals: [Arrival] = []
        var time = 0.0
        while time < seconds {
            time += random.exponential(mean: 1 / rate)
            let (plan, estimate) = jobs.next()
            let slack = Double.random(in: 5...60, using: &random)
            arrivals.append(Arrival(time: time, plan: plan, estimate: estimate, slack: slack))
        }
        return arrivals
    }

    private static func play(_ load: Int, isFIFO: Bool, _ bed: Bed) async throws -> Tally {
        let pool = Pool.limited("\(isFIFO ? "fifo" : "edf")-\(load)", tokens: tokens)
        let latency = SimulatedProvider.Latency(base: 0.5, perOutputToken: 0.0005)
        let provider = SimulatedProvider(.init(tokens: tokens), latency: latency)
        let lane = try await bed.lane(pool)
        let own = try await bed.lane(pool)
        let tally = Shared(Tally())
        let stop = StopSign()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Keeper(lane: lane, stop: stop).run() }
            group.addTask {
                try await Worker(own, 1, places: 1024, stop: stop).run { taken in
                    let began = provider.journal.seconds
                    guard try await Desk(lane: own, provider: provider).serve(taken) else { return }
                    let plan = try CallPlan(of: taken.job)
                    let isMade = Timestamp.present.milliseconds <= plan.due
                    tally.change { $0.served(plan.tokens, isMade, counts: (warm..<seconds).contains(began)) }
                }
            }
            group.addTask {
                for arrival in trace(load) {
                    let wait = arrival.time - provider.journal.seconds
                    if wait > 0.001 { try await Task.sleep(for: .fraction(wait)) }
                    let isIn = try await submit(arrival, lane, isFIFO: isFIFO)
                    tally.change { $0.submitted(isIn) }
                }
                try await Task.sleep(for: .seconds(62))
                stop.raise()
            }
            try await group.waitForAll()
        }
        for each in [lane, own] { await each.close() }
        let refusals = provider.journal.starts.count { !$0.accepted }
        tally.change { $0.refusals = refusals }
        return tally.value
    }

    private static func submit(_ arrival: Arrival, _ lane: Lane, isFIFO: Bool) async throws -> Bool {
        var plan = arrival.plan
        plan.due = Timestamp.present.adding(.fraction(arrival.slack)).milliseconds
        let until = isFIFO ? Duration.seconds(3600) : .fraction(arrival.slack)
        let job = lane.job("tenant-1", plan, estimate: arrival.estimate, deadlineIn: until)
        let answer = try await lane.queue.admit(job, AdmissionTerms(queueAnyway: isFIFO))
        if case .refused = answer { return false }
        return true
    }

    private static func figures(_ load: Int, _ own: Tally, fifo: Tally) -> Figures {
        var figures = Figures("deadlines_\(load)")
        let offered = trace(load).filter { $0.time >= warm }.reduce(0) { $0 + $1.plan.tokens }
        figures.add("offered_of_limit", Double(offered) / granted, digits: 4)
        figures.add("submitted", own.submitted)
        figures.add("refused", own.refused)
        figures.add("made", own.hitShare, digits: 4)
        figures.add("made_of_admitted", own.admittedShare, digits: 4)
        figures.add("capacity_to_made", own.capacityShare, digits: 4)
        figures.add("answers_429", own.refusals)
        figures.add("fifo_made", fifo.hitShare, digits: 4)
        figures.add("fifo_capacity_to_made", fifo.capacityShare, digits: 4)
        switch load {
        case 80: figures.judge("≥ 0.999 of the jobs make it", own.hitShare >= 0.999)
        case 100: figures.judge("≥ 0.97 of the jobs make it", own.hitShare >= 0.97)
        default: figures.judge("≥ 0.95 of capacity goes to jobs that make it", own.capacityShare >= 0.95)
        }
        return figures
    }
}

extension Deadlines.Tally {
    fileprivate mutating func submitted(_ isIn: Bool) {
        submitted += 1
        if !isIn { refused += 1 }
    }

    /// - Parameter counts: whether it began when the bucket ran even and jobs still came.
    fileprivate mutating func served(_ tokens: Int, _ isMade: Bool, counts: Bool) {
        if isMade { made += 1 }
        guard counts else { return }

        if isMade { madeTokens += tokens }
    }

    fileprivate var hitShare: Double { Double(made) / Double(max(1, submitted)) }
    fileprivate var admittedShare: Double { Double(made) / Double(max(1, submitted - refused)) }
    /// Of all that the limit grants in that time.
    fileprivate var capacityShare: Double { Double(madeTokens) / Deadlines.granted }
}

extension Deadlines {
    fileprivate static var granted: Double { Double(tokens) / 60 * (seconds - warm) }
}
