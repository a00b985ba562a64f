import ArgumentParser
import JSON

struct CostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cost",
        abstract: "Show what calls cost, broken down as you like.",
        discussion: """
            Costs that are not known are counted, never taken as zero.

            Examples:
              penstock cost --by feature --since 7d
              penstock cost --by day --since 2026-11-01 --until 2026-12-01
              penstock cost --by tenant --all-tenants          (admin keys)

            \(ExitCodeText.usual)
            """
    )

    enum Grouping: String, ExpressibleByArgument, CaseIterable {
        case total, tenant, model, feature, customer, batch, day
    }

    @Option(help: "What to add up by.")
    var by = Grouping.model

    @Option(help: "From when on: \(MomentText.allowed).")
    var since: String?

    @Option(help: "Until when, in the same forms.")
    var until: String?

    @Flag(help: "All tenants instead of the key's own; for admin keys.")
    var allTenants = false

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        for moment in [since, until].compactMap({ $0 }) where MomentText.query(moment, now: TimeText.now) == nil {
            throw ValidationError("'\(moment)' is no moment: \(MomentText.allowed).")
        }
    }

    func run() async throws {
        try await connection.withAPI { api in
            let answer = try await api.get("/v1/costs", query: query)
            let rows = try answer.list()
            if format.json { return try TextChannel.output.json(rows) }
            try TextChannel.output.table(CostTable.table(rows, total: answer.root.object("total"), by: by.rawValue))
        }
    }

    private var query: [(name: String, value: String)] {
        var query = [(name: "group_by", value: by.rawValue)]
        let now = TimeText.now
        if let since = since.flatMap({ MomentText.query($0, now: now) }) { query.append(("since", since)) }
        if let until = until.flatMap({ MomentText.query($0, now: now) }) { query.append(("until", until)) }
        if allTenants { query.append(("all_tenants", "true")) }
        return query
    }
}
