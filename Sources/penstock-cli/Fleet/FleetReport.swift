/// The whole fleet as lines of text: worker sets, workers with their load, and who runs them. Pure.
struct FleetReport {
    let fleet: FleetView

    /// - Parameter width: of the terminal; nil where nothing is cut.
    func lines(width: Int?, colour: Bool) -> [String] {
        var parts = fleet.sets.map { WorkerSetReport(set: $0).lines(width: width, colour: colour) }
        if parts.isEmpty { parts.append(["There are no worker sets."]) }
        parts.append(
            fleet.workers.isEmpty ? ["No worker tells of itself."] : workers.lines(width: width, colour: colour)
        )
        parts.append(
            fleet.hosts.isEmpty
                ? ["No fleet starts or stops workers (penstockd up, penstockd fleet)."]
                : hosts.lines(width: width, colour: colour)
        )
        return Array(parts.joined(separator: [""]))
    }

    private var workers: Table {
        Table(
            [
                .text("WORKER"), .text("SET"), .text("STATE"), .number("IN USE"), .number("SLOTS"), .number("CPU"),
                .text("SINCE"),
            ],
            rows: fleet.workers.map { worker in
                [
                    Table.Cell(worker.id), Table.Cell(worker.set),
                    Table.Cell(worker.state, style: worker.state == "draining" ? .caution : nil),
                    Table.Cell(worker.slotsInUse?.grouped), Table.Cell(worker.slots?.grouped),
                    Table.Cell(worker.cpu.map(RateText.percent)), Table.Cell(TimeText.utc(worker.since)),
                ]
            }
        )
    }

    private var hosts: Table {
        Table(
            [
                .text("FLEET"), .text("HOST"), .text("SET"), .number("SHARE"), .number("MAX"), .number("FAILING"),
                .text("SINCE"),
            ],
            rows: fleet.hosts.map { fleet in
                [
                    Table.Cell(fleet.id), Table.Cell(fleet.host), Table.Cell(fleet.set),
                    Table.Cell(fleet.share?.grouped), Table.Cell(fleet.max?.grouped),
                    Table.Cell(fleet.failing?.grouped, style: fleet.failing ?? 0 > 0 ? .bad : nil),
                    Table.Cell(TimeText.utc(fleet.since)),
                ]
            }
        )
    }
}
