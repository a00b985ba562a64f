import Penstock

/// Backlogged tenants at a provider that enforces its limits: how much of them is used, and how often it had to refuse.
enum Pacing {
    static let requests = 3_000
    static let tokens = 1_000_000
    private static let warmUp = 30.0
    private static let end = warmUp + 300
    private static let bin = 10.0

    static func tokensBind(_ samples: Samples) async throws -> [Figures] {
        let trace = Trace(seed: 51, sizes: 30...3000, estimates: .usual)
        let starts = try await run("pacing", trace, limits: .init(requests: requests, tokens: tokens))
        try samples.write("pacing", starts.accepted, width: bin, until: end, perMinute: tokens)
        var figures = Figures("pacing_tokens")
        judge(&figures, starts, limit: tokens, bar: 0.97, \.tokens)
        return [figures]
    }

    static func requestsBind(_ samples: Samples) async throws -> [Figures] {
        let trace = Trace(seed: 52, sizes: 20...400, estimates: .usual)
        let starts = try await run("pacing", trace, limits: .init(requests: requests, tokens: tokens))
        var figures = Figures("pacing_requests")
        judge(&figures, starts, limit: requests, bar: 0.97) { _ in 1 }
        return [figures]
    }

    /// The true limit is 30 % lower than configured, and only the headers say so.
    static func headers(_ samples: Samples) async throws -> [Figures] {
        let trace = Trace(seed: 61, sizes: 30...3000, estimates: .usual)
        let truth = tokens * 7 / 10
        let starts = try await run("headers", trace, limits: .init(requests: requests, tokens: truth))
        try samples.write("headers", starts.accepted, width: bin, until: end, perMinute: truth)
        let after = starts.between(60..<end)
        let used = Double(after.accepted.tokens) / (Double(truth) / 60 * (end - 60))
        let refused = after.count { !$0.accepted }
        var figures = Figures("headers")
        figures.add("utilisation_of_true_limit", used, digits: 4)
        figures.add("refused_in_first_minute", starts.between(0..<60).count { !$0.accepted })
        figures.add("refused_after_first_minute", refused)
        figures.judge("≥ 0.94 of the true limit, ≤ 5 answers 429 after the first minute", used >= 0.94 && refused <= 5)
        return [figures]
    }

    /// Two targets share one account.
    static func shared(_ samples: Samples) async throws -> [Figures] {
        let group = LimitGroup(name: "account", requestsPerMinute: requests, tokensPerMinute: tokens)
        let targets = ["first", "second"].map { Target.bench($0, groups: ["account"]) }
        let pool = Pool.bench("shared", targets: targets, groups: [group])
        let provider = SimulatedProvider(.init(requests: requests, tokens: tokens))
        let tenants = ["route-a", "route-b"].map { Backlog.Tenant(name: $0) }
        let trace = Trace(seed: 71, sizes: 30...3000, estimates: .usual)
        let run = Backlog(pool: pool, provider: provider, tenants: tenants, trace: trace, seconds: 180)
        let starts = try await Bed.with { try await run.run(in: $0) }
        try samples.write("shared", starts.accepted, width: bin, until: 180, perMinute: tokens)
        let worst = starts.worstWindow(\.tokens)
        let worstRequests = starts.worstWindow { _ in 1 }
        var figures = Figures("shared")
        figures.add("worst_window_tokens", worst)
        figures.add("worst_window_against_limit", Double(worst) / Double(tokens), digits: 4)
        figures.add("worst_window_requests", worstRequests)
        figures.add("largest_request", starts.map(\.tokens).max() ?? 0)
        figures.add("refused", starts.count { !$0.accepted })
        figures.judge("no 60 s window above the limit", worst <= tokens && worstRequests <= requests)
        return [figures]
    }

    /// Three tenants of weights 1, 2 and 5, and one that comes for a while: also what the picture shows.
    private static func run(_ name: String, _ trace: Trace, limits: SimulatedProvider.Limits) async throws
        -> [Journal.Start]
    {
        let tenants = [
            Backlog.Tenant(name: "weight-1"),
            Backlog.Tenant(name: "weight-2", weight: 2),
            Backlog.Tenant(name: "weight-5", weight: 5),
            Backlog.Tenant(name: "guest-8", weight: 8, isActive: 120..<220),
        ]
        let run = Backlog(
            pool: .limited(name, requests: requests, tokens: tokens),
            provider: SimulatedProvider(limits),
            tenants: tenants,
            trace: trace,
            seconds: end
        )
        return try await Bed.with { try await run.run(in: $0) }
    }

    private static func judge(
        _ figures: inout Figures,
        _ starts: [Journal.Start],
        limit: Int,
        bar: Double,
        _ amount: (Journal.Start) -> Int
    ) {
        let measured = starts.accepted.between(warmUp..<end).reduce(0) { $0 + amount($1) }
        let used = Double(measured) / (Double(limit) / 60 * (end - warmUp))
        let refused = starts.count { !$0.accepted }
        let worst = starts.worstWindow(amount)
        let largest = starts.map(amount).max() ?? 0
        figures.add("utilisation", used, digits: 4)
        figures.add("refused", refused)
        figures.add("worst_window", worst)
        figures.add("limit", limit)
        figures.add("largest_request", largest)
        figures.add("calls", starts.count)
        figures.judge(
            "≥ \(bar) of the refill, 0 answers 429, any 60 s window ≤ limit + the largest request",
            used >= bar && refused == 0 && worst <= limit + largest
        )
    }
}
