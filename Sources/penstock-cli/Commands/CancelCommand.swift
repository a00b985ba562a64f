import ArgumentParser

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel a batch or a job.",
        discussion: """
            What finished before stays, and is paid for. Cancelling again does no harm.

            Example:
              penstock cancel batch_0123
            """
    )

    @Argument(help: "The id of a batch or a job.")
    var id: ObjectID

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            let path = id.isBatch ? "/v1/batches/\(id)/cancel" : "/v1/jobs/\(id)/cancel"
            let answer = try await api.post(path, isRepeatable: true)
            if format.json { return try TextChannel.output.json(answer.root) }
            let state = id.isBatch ? try Batch(answer.root).status : try JobView(answer.root).state
            try TextChannel.output.line("\(id) is \(state)".printable)
        }
    }
}
