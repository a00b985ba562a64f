import ArgumentParser

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "List jobs, newest first.",
        discussion: """
            Examples:
              penstock jobs --state waiting
              penstock jobs --limit 500 --json
              penstock jobs --quarantined

            \(ExitCodeText.usual)
            """
    )

    enum State: String, ExpressibleByArgument, CaseIterable {
        case waiting, running, delayed, answered, succeeded, failed, expired, cancelled
    }

    @Option(help: "Only jobs in this state.")
    var state: State?

    @Flag(help: "Only jobs, lines of batches too, that ended because workers died of them; see penstock requeue.")
    var quarantined = false

    @Option(help: "How many at most.")
    var limit = 20

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        try ListLimit.check(limit)
        guard !quarantined || state == nil else { throw ValidationError("Give --state or --quarantined, not both.") }
    }

    func run() async throws {
        try await connection.withAPI { api in
            let jobs = try await api.list("/v1/jobs", query: query, limit: limit)
            if format.json { return try TextChannel.output.json(jobs) }
            try TextChannel.output.table(JobView.table(try jobs.map { try JobView($0) }))
            if quarantined, let id = jobs.first(where: { $0.text("requeued_as") == nil })?.text("id") {
                TextChannel.notes.note("Next:\n  penstock requeue \(id)".printable)
            }
        }
    }

    private var query: [(name: String, value: String)] {
        if quarantined { return [("quarantined", "true")] }
        return state.map { [("state", $0.rawValue)] } ?? []
    }
}
