import ArgumentParser

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "List jobs, newest first.",
        discussion: """
            Examples:
              penstock jobs --state waiting
              penstock jobs --limit 500 --json
            """
    )

    enum State: String, ExpressibleByArgument, CaseIterable {
        case waiting, running, delayed, answered, succeeded, failed, expired, cancelled
    }

    @Option(help: "Only jobs in this state.")
    var state: State?

    @Option(help: "How many at most.")
    var limit = 20

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        try ListLimit.check(limit)
    }

    func run() async throws {
        try await connection.withAPI { api in
            let query = state.map { [(name: "state", value: $0.rawValue)] } ?? []
            let jobs = try await api.list("/v1/jobs", query: query, limit: limit)
            if format.json { return try TextChannel.output.json(jobs) }
            try TextChannel.output.table(JobView.table(try jobs.map { try JobView($0) }))
        }
    }
}
