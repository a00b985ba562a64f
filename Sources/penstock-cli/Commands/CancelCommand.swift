import ArgumentParser

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel a batch or a job, or all of a tenant's.",
        discussion: """
            What finished before stays, and is paid for; calls that run are broken off. Cancelling again does no harm.

            Examples:
              penstock cancel batch_0123
              penstock cancel --all --class batch
              penstock cancel --all --tenant search-team --yes

            \(ExitCodeText.usual)
            """
    )

    @Argument(help: "The id of a batch or a job.")
    var id: ObjectID?

    @Flag(help: "All that waits or runs, jobs and batches.")
    var all = false

    @Option(help: "With --all: that of this tenant (admin keys only); default is the key's own.")
    var tenant: ObjectID?

    @Option(name: .customLong("class"), help: "With --all: only work of this class.")
    var jobClass: ClassArgument?

    @Flag(name: .shortAndLong, help: "With --all: do not ask.")
    var yes = false

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (id == nil) == all else { throw ValidationError("Give the id of a batch or a job, or --all.") }
        guard all || (tenant == nil && jobClass == nil && !yes) else {
            throw ValidationError("--tenant, --class and --yes go with --all.")
        }
    }

    func run() async throws {
        try await connection.withAPI { api in
            if let id { return try await cancel(id, api) }
            let backlog = Backlog(api: api, tenant: tenant, jobClass: jobClass)
            if !yes { try Confirmation.ask("Cancel \(backlog.description)?") }
            try await backlog.cancel(json: format.json)
        }
    }

    private func cancel(_ id: ObjectID, _ api: API) async throws {
        let path = id.isBatch ? "/v1/batches/\(id)/cancel" : "/v1/jobs/\(id)/cancel"
        let answer = try await api.post(path, isRepeatable: true)
        if format.json { return try TextChannel.output.json(answer.root) }
        let state = id.isBatch ? try Batch(answer.root).status : try JobView(answer.root).state
        try TextChannel.output.line("\(id) is \(state)".printable)
    }
}
