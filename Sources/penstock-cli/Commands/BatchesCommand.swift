import ArgumentParser

struct BatchesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batches",
        abstract: "List batches, newest first.",
        discussion: """
            Example:
              penstock batches --limit 5

            \(ExitCodeText.usual)
            """
    )

    @Option(help: "How many at most.")
    var limit = 20

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        try ListLimit.check(limit)
    }

    func run() async throws {
        try await connection.withAPI { api in
            let batches = try await api.list("/v1/batches", limit: limit)
            if format.json { return try TextChannel.output.json(batches) }
            try TextChannel.output.table(Batch.table(try batches.map { try Batch($0) }))
        }
    }
}
