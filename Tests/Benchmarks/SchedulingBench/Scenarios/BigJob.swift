import Penstock

/// A job of a tenth of the tokens per minute, among small ones of another tenant of the same weight that never end.
///
/// Its fair bound is the time in which its tenant's share of the limit adds up to its tokens: a tenth of a minute's
/// tokens at half the limit are 12 s. A fluid system that saves a tenant's share until a job is paid starts it then.
enum BigJob {
    private static let tokens = 600_000
    private static let size = tokens / 10
    private static let bound = Double(size) / (Double(tokens) / 60 / 2)
    private static let repetitions = 10

    static func run(_ samples: Samples) async throws -> [Figures] {
        let provider = SimulatedProvider(.init(tokens: tokens), latency: .init(base: 0.1, perOutputToken: 0))
        let small = Backlog(
            pool: .limited("big-job", tokens: tokens),
            provider: provider,
            tenants: [.init(name: "small")],
            trace: Trace(seed: 31, sizes: 100...1000, estimates: .usual),
            seconds: bound * 2 * Double(repetitions)
        )
        let starts = try await Bed.with { bed in
            let lane = try await bed.lane(small.pool)
            async let big: [Double] = waits(lane, provider)
            let starts = try await small.run(in: bed)
            let found = try await big
            await lane.close()
            return (starts, found)
        }
        let worst = starts.1.max() ?? .infinity
        var figures = Figures("big_job")
        figures.add("repetitions", starts.1.count)
        figures.add("fair_bound_seconds", bound)
        figures.add("median_wait_seconds", percentile(0.5, of: starts.1))
        figures.add("worst_wait_seconds", worst)
        figures.add("worst_against_bound", worst / bound)
        figures.add("refused", starts.0.count { !$0.accepted })
        figures.judge("≤ 2 × the fair bound", worst <= 2 * bound && starts.1.count >= repetitions / 2)
        return [figures]
    }

    /// Hands in one large job after the other; each wait is from the enqueue to the start of its call.
    private static func waits(_ lane: Lane, _ provider: SimulatedProvider) async throws -> [Double] {
        var waits: [Double] = []
        try await Task.sleep(for: .seconds(5))
        let end = bound * 2 * Double(repetitions)
        while provider.journal.seconds < end - bound * 2, waits.count < repetitions {
            let began = provider.journal.seconds
            try await lane.enqueue([lane.job("big", CallPlan(tokens: Double(size)))])
            while true {
                let starts = provider.journal.starts
                if let start = starts.last(where: { $0.tenant.text == "big" && $0.time >= began }) {
                    waits.append(start.time - began)
                    break
                }
                if provider.journal.seconds > end {
                    waits.append(.infinity)
                    return waits
                }
                try await Task.sleep(for: .milliseconds(100))
            }
            try await Task.sleep(for: .seconds(2))
        }
        return waits
    }
}
