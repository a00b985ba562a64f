import ArgumentParser

struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Submit the requests of an ended batch that did not succeed again.",
        discussion: """
            They become a new batch with the same endpoint, window and metadata, and `retry_of` in the metadata. The \
            window begins anew. Prints the new batch's id on standard output, nothing when there is nothing to do.

            Examples:
              penstock retry batch_0123 --failed
              penstock watch $(penstock retry batch_0123 --failed)

            \(ExitCodeText.usual)
            """
    )

    @Argument(help: "The id of a batch that has ended.")
    var batch: ObjectID

    @Flag(help: "The requests that failed, expired or were cancelled: all that stand in its error file.")
    var failed = false

    @Option(help: "Retrying again with the same key gives the same batch instead of one more.")
    var idempotencyKey: String?

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard failed else { throw ValidationError("Say what to submit again: --failed.") }
        guard batch.isBatch else { throw ValidationError("\(batch) is no batch.") }
    }

    func run() async throws {
        try await connection.withAPI { api in
            let ended = try Batch(try await api.get("/v1/batches/\(batch)").root)
            guard ended.isTerminal else {
                throw CLIError.local(
                    "the batch is still \(ended.status.printable): only an ended one can be retried; penstock watch \(batch)"
                )
            }
            guard ended.status != "failed" else {
                throw CLIError.local(
                    "the batch's input was refused and nothing ran: correct it and submit it again; penstock status \(batch)"
                )
            }
            let retry = BatchRetry(api: api, notes: .notes, batch: ended, idempotencyKey: idempotencyKey)
            guard let created = try await retry.run() else {
                return TextChannel.notes.note("No request failed: there is nothing to do.")
            }
            try created.announce(json: format.json)
        }
    }
}
