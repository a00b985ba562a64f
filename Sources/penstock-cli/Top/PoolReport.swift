/// A pool's tables as lines of text. Pure.
struct PoolReport {
    let pool: PoolView
    let difference: PoolDifference

    /// - Parameter width: of the terminal; nil where nothing is cut.
    func lines(width: Int?, colour: Bool) -> [String] {
        var lines = [headline(colour: colour)]
        if !pool.isConfigured {
            lines.append(Style.paint("no longer configured; what it holds still runs", .caution, colour: colour))
        }
        if let pause = pool.pause { lines.append(Style.paint(pause.printable, .caution, colour: colour)) }
        for table in [targets, limits, tenants] where !table.rows.isEmpty {
            lines.append("")
            lines += table.lines(width: width, colour: colour)
        }
        return lines
    }

    private func headline(colour: Bool) -> String {
        let name = Style.paint("POOL \(pool.id)".printable, .strong, colour: colour)
        let facts = [
            "\(pool.running.grouped) running", "\(pool.waiting.grouped) waiting", "\(pool.delayed.grouped) delayed",
            "\(pool.flows.grouped) flows", "\(RateText.of(difference.jobsPerSecond)) jobs/s",
            "\(RateText.of(difference.tokensPerMinute)) tokens/min",
        ]
        return name + "  " + facts.joined(separator: "  ")
    }

    private var targets: Table {
        Table(
            [
                .text("TARGET"), .flexible("STATE"), .number("RUNNING"), .number("MAX"), .number("P10"), .number("P50"),
                .number("P95"),
            ],
            rows: pool.targets.map { target in
                [
                    Table.Cell(target.id), target.stateCell, Table.Cell(target.running.grouped),
                    Table.Cell(target.maxRunning?.grouped),
                ] + [target.p10, target.p50, target.p95].map { Table.Cell($0.map(RateText.milliseconds)) }
            }
        )
    }

    /// One row per limit; calls at once are a limit too.
    private var limits: Table {
        let columns: [Table.Column] = [
            .text("LIMIT GROUP"), .text("LIMIT"), .number("ALLOWED"), .number("USE"), .text(""),
        ]
        var rows: [[Table.Cell]] = []
        for group in pool.groups {
            if let most = group.maxRunning, most > 0 {
                rows.append(limitRow(group.id, "at once", most.grouped, use: Double(group.running) / Double(most)))
            }
            for limit in group.limits {
                let allowed = limit.perMinute.map { "\($0.grouped)\(limit.isLearned ? " (learned)" : "")" }
                let name = limit.dimension.replacing("_", with: " ") + "/min"
                rows.append(limitRow(group.id, name, allowed ?? "-", use: limit.use))
            }
        }
        return Table(columns, rows: rows)
    }

    private func limitRow(_ group: String, _ limit: String, _ allowed: String, use: Double?) -> [Table.Cell] {
        let style: Style? = use.flatMap { $0 > 1.005 ? .caution : $0 >= 0.9 ? .active : nil }
        return [
            Table.Cell(group), Table.Cell(limit), Table.Cell(allowed),
            Table.Cell(use.map(RateText.percent), style: style), Table.Cell(use.map(RateText.bar) ?? "", style: style),
        ]
    }

    private var tenants: Table {
        Table(
            [
                .text("TENANT"), .text("CLASS"), .number("WEIGHT"), .number("WAITING"), .number("RUNNING"),
                .number("TOKENS/MIN"), .number("SHARE"), .number("/WEIGHT"), .text("HELD BY"),
            ],
            rows: sortedTenants.map { tenant in
                let share = difference[tenant.flow]
                return [
                    Table.Cell(tenant.flow.tenant), Table.Cell(tenant.flow.jobClass), Table.Cell(tenant.weight.grouped),
                    Table.Cell(tenant.waiting.grouped), Table.Cell(tenant.running.grouped),
                    Table.Cell(RateText.of(share.tokensPerMinute)), Table.Cell(share.part.map(RateText.percent)),
                    Table.Cell(
                        share.againstWeight.map(RateText.ratio),
                        style: Self.style(ofRatio: share.againstWeight)
                    ),
                    Table.Cell(tenant.parked ?? "", style: .caution),
                ]
            }
        )
    }

    /// Class by class, who gets most first.
    private var sortedTenants: [TenantView] {
        let classes = ClassArgument.allCases.map(\.rawValue)
        func order(_ tenant: TenantView) -> (Int, Double, Int, String) {
            (
                classes.firstIndex(of: tenant.flow.jobClass) ?? classes.count,
                -(difference[tenant.flow].tokensPerMinute ?? 0), -tenant.waiting, tenant.flow.tenant
            )
        }
        return pool.tenants.sorted { order($0) < order($1) }
    }

    /// Far from fair; a little more or less is the size of single jobs.
    private static func style(ofRatio ratio: Double?) -> Style? {
        ratio.flatMap { (0.8...1.25).contains($0) ? nil : .caution }
    }
}

extension TargetView {
    fileprivate var stateCell: Table.Cell {
        switch state {
        case "available": Table.Cell(state, style: .good)
        case "blocked":
            // The time of the day is enough: blocks are short.
            Table.Cell("blocked" + (TimeText.utc(until).map { " until \($0.suffix(9))" } ?? ""), style: .caution)
        case "stopped": Table.Cell("stopped" + (TimeText.utc(since).map { " since \($0)" } ?? ""), style: .bad)
        case "paused": Table.Cell("paused" + (pauseReason.map { ": \($0)" } ?? ""), style: .caution)
        default: Table.Cell(state, style: .caution)
        }
    }
}

/// Rates and parts for people; nil is `-`.
enum RateText {
    static func of(_ rate: Double?) -> String {
        guard let rate else { return "-" }
        return rate == 0 ? "0" : NumberText.rate(rate)
    }

    /// `97%`
    static func percent(_ part: Double) -> String {
        "\(Int((min(max(part, 0), 99) * 100).rounded()))%"
    }

    /// `1.03`
    static func ratio(_ value: Double) -> String {
        let hundredths = Int((min(max(value, 0), 9999) * 100).rounded())
        return "\(hundredths / 100)." + String(hundredths % 100).leftPadded(to: 2, with: "0")
    }

    /// `850ms`, `1.2s`
    static func milliseconds(_ count: Int) -> String {
        count < 1000 ? "\(count)ms" : "\(NumberText.rate(Double(count) / 1000))s"
    }

    /// Ten cells; full only when nothing is left.
    static func bar(_ part: Double) -> String {
        let full = Int(min(max(part, 0), 1) * 10)
        return String(repeating: "#", count: full) + String(repeating: "-", count: 10 - full)
    }
}
