import ArgumentParser

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel a batch, a job, or everything of a tenant.",
        discussion: """
            What finished before stays, and is paid for. Cancelling again does no harm. With --all it goes on until \
            nothing is left: whoever still submits jobs keeps it going.

            Examples:
              penstock cancel batch_0123
              penstock cancel --all
              penstock cancel --all --tenant search-team
            """
    )

    @Argument(help: "The id of a batch or a job.")
    var id: ObjectID?

    @Flag(help: "Everything of your tenant that has not ended, batches included.")
    var all = false

    @Option(help: "With --all: of this tenant (admin keys only).")
    var tenant: ObjectID?

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (id == nil) == all else { throw ValidationError("Give an id, or --all.") }
        guard tenant == nil || all else { throw ValidationError("--tenant goes with --all.") }
    }

    func run() async throws {
        try await connection.withAPI { api in
            guard let id else { return try await BacklogCancel(api: api, tenant: tenant).run(json: format.json) }
            let path = id.isBatch ? "/v1/batches/\(id)/cancel" : "/v1/jobs/\(id)/cancel"
            let answer = try await api.post(path, isRepeatable: true)
            if format.json { return try TextChannel.output.json(answer.root) }
            let state = id.isBatch ? try Batch(answer.root).status : try JobView(answer.root).state
            try TextChannel.output.line("\(id) is \(state)".printable)
        }
    }
}
