/// A worker set as lines of text: wanted against ready with the reason, and what that was drawn from. Pure.
struct WorkerSetReport {
    let set: WorkerSetView

    /// `WORKERS *  4 wanted  4 ready  4 of 8: the provider's 3,000 requests/min are used; …`
    func headline(colour: Bool) -> String {
        let name = Style.paint("WORKERS \(set.id)".printable, .strong, colour: colour)
        let counts = "\(Self.text(set.desired)) wanted  \(Self.text(set.ready)) ready"
        return "\(name)  \(counts)  \(Style.paint(reason.printable, style, colour: colour))"
    }

    /// The headline, what it was drawn from, and a table of its pools.
    ///
    /// - Parameter width: of the terminal; nil where nothing is cut.
    func lines(width: Int?, colour: Bool) -> [String] {
        let lines = [headline(colour: colour)] + details.lines(colour: colour)
        guard !set.demands.isEmpty else { return lines }
        return lines + [""] + pools.lines(width: width, colour: colour)
    }

    /// In the server's words. What nobody plans must be seen without colours too.
    private var reason: String {
        let words = set.explanation ?? set.reason
        return set.isBlind ? "BLIND: \(words)" : words
    }

    private var style: Style? { .of(reason: set.reason) }

    private var details: Details {
        var details = Details()
        let reason = "\(set.reason) since \(TimeText.utc(set.since) ?? "-")"
        details.add("reason", reason, style: style)
        details.add("pools", set.pools.isEmpty ? "-" : set.pools.joined(separator: ", "))
        details.add(
            "workers",
            "\(Self.text(set.ready)) ready, \(Self.text(set.draining)) draining, "
                + "\(Self.text(set.min)) to \(Self.text(set.max)) allowed"
        )
        details.add("slots", "\(Self.text(set.slotsInUse)) in use, \(Self.text(set.slots)) per worker")
        details.add(
            "needed",
            "\(Self.text(set.bySlots)) for \(RateText.of(set.calls)) calls at once, "
                + "\(Self.text(set.byCPU)) for \(RateText.of(set.cpu)) processors in use"
        )
        details.add("planned", TimeText.utc(set.plannedAt) ?? "-")
        return details
    }

    private var pools: Table {
        Table(
            [
                .text("POOL"), .text("REASON"), .number("ARRIVALS/S"), .number("RUNNABLE"), .number("NOT FED"),
                .number("RUNNING"), .number("WANTED/S"), .number("GRANTED/S"), .number("SERVICE"), .number("CALLS"),
                .flexible("LIMIT"),
            ],
            rows: set.demands.map { pool in
                [
                    Table.Cell(pool.id), Table.Cell(pool.reason, style: pool.reason.flatMap { .of(reason: $0) }),
                    Table.Cell(RateText.of(pool.arrivalsPerSecond)), Table.Cell(pool.runnable?.grouped),
                    Table.Cell(pool.unfed?.grouped), Table.Cell(pool.running?.grouped),
                    Table.Cell(RateText.of(pool.wantedPerSecond)), Table.Cell(RateText.of(pool.grantedPerSecond)),
                    Table.Cell(pool.serviceTime.map(RateText.milliseconds)), Table.Cell(RateText.of(pool.calls)),
                    Table.Cell(pool.limit),
                ]
            }
        )
    }

    private static func text(_ count: Int?) -> String { count?.grouped ?? "-" }
}

extension Style {
    /// How the reason of a worker set looks.
    fileprivate static func of(reason: String) -> Style? {
        switch reason {
        case "blind", "crash_loop": .bad
        case "at_max", "deadline_risk", "ledger_down", "paused", "provider_blocked": .caution
        case "rate_limited": .active
        default: nil
        }
    }
}
