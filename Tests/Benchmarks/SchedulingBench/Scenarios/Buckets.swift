import Penstock

/// Providers whose limit per minute is a bucket of 1, 10 or 60 seconds: how much of the refill is used, and how often
/// they had to refuse, whatever the settings say and whether or not answers tell.
enum Buckets {
    /// One account of its own, and what is thought of it.
    private struct Cell: Sendable {
        var countsTokens: Bool
        var seconds: Double
        /// Of the true limit; nil where none is set.
        var configured: Double?
        var isTold: Bool

        var limit: Int { countsTokens ? 180_000 : 600 }

        var name: String {
            let setting = configured.map { $0 == 1 ? "right" : "high" } ?? "absent"
            return "\(countsTokens ? "tokens" : "requests")-\(Int(seconds))s-\(setting)\(isTold ? "-told" : "")"
        }

        var usageBar: Double { isTold ? 0.95 : 0.9 }
    }

    private struct Seen: Sendable {
        var cell: Cell
        var use: Double
        var refused: Int
        var refusedPerMinute: Double

        var holds: Bool {
            if cell.configured == 1, refused > 0 { return false }
            return use >= cell.usageBar && (!cell.isTold || refusedPerMinute <= 5)
        }
    }

    private static let warmUp = 60.0
    private static let end = warmUp + 120
    /// Of a cell; what bounds it where no limit is known.
    private static let callsAtOnce = 16

    private static var cells: [Cell] {
        [false, true].flatMap { countsTokens in
            [1.0, 10, 60].flatMap { seconds in
                [1, 1.3, nil].flatMap { (configured: Double?) in
                    [true, false].map { isTold in
                        Cell(countsTokens: countsTokens, seconds: seconds, configured: configured, isTold: isTold)
                    }
                }
            }
        }
    }

    static func run(_ samples: Samples) async throws -> [Figures] {
        let seen = try await Bed.with { bed in
            try await withThrowingTaskGroup(of: Seen.self) { group in
                for cell in cells { group.addTask { try await run(cell, in: bed) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        let (told, silent) = (seen.filter(\.cell.isTold), seen.filter { !$0.cell.isTold })
        let missed = seen.filter { !$0.holds }
        var figures = Figures("buckets")
        figures.add("accounts", seen.count)
        figures.add("least_use_where_told", told.map(\.use).min() ?? 0, digits: 4)
        figures.add("least_use_where_only_refusals_tell", silent.map(\.use).min() ?? 0, digits: 4)
        figures.add("most_refused_per_minute_where_told", told.map(\.refusedPerMinute).max() ?? 0, digits: 1)
        figures.add(
            "refused_where_settings_are_right",
            seen.filter { $0.cell.configured == 1 }.map(\.refused).reduce(0, +)
        )
        for miss in missed {
            figures.add("missed \(miss.cell.name)", "use \(miss.use), \(miss.refusedPerMinute) refused per minute")
        }
        figures.judge(
            "≥ 0.95 of the refill after the first minute, ≥ 0.9 where only 429s tell; ≤ 5 answers 429 a minute where "
                + "headers tell, none where the settings are right",
            missed.isEmpty
        )
        return [figures]
    }

    private static func run(_ cell: Cell, in bed: Bed) async throws -> Seen {
        let configured = cell.configured.map { Int($0 * Double(cell.limit)) }
        var limits = SimulatedProvider.Limits(seconds: cell.seconds, areTold: cell.isTold)
        if cell.countsTokens { limits.tokens = cell.limit } else { limits.requests = cell.limit }
        let run = Backlog(
            pool: .limited(
                cell.name,
                requests: cell.countsTokens ? nil : configured,
                tokens: cell.countsTokens ? configured : nil,
                calls: callsAtOnce
            ),
            provider: SimulatedProvider(limits),
            tenants: (1...4).map { Backlog.Tenant(name: "tenant-\($0)") },
            trace: Trace(seed: 81, sizes: 100...500, estimates: .exact),
            seconds: end
        )
        let starts = try await run.run(in: bed)
        let after = starts.between(warmUp..<end)
        let used = cell.countsTokens ? after.accepted.tokens : after.accepted.count
        return Seen(
            cell: cell,
            use: Double(used) / (Double(cell.limit) / 60 * (end - warmUp)),
            refused: starts.count { !$0.accepted },
            refusedPerMinute: Double(after.count { !$0.accepted }) / (end - warmUp) * 60
        )
    }
}
