import ArgumentParser

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follow a batch or a job until it is over.",
        discussion: """
            Shows progress on standard error: a bar on a terminal, elsewhere a line every few seconds and later every \
            minute; none with --quiet. Ctrl-C stops following, never the work.

            Examples:
              penstock watch batch_0123
              penstock watch job_0123 && penstock results job_0123

            Exit codes: 0 all succeeded, 2 some failed, expired or were cancelled, 3 the batch's input is invalid.
            """
    )

    @Argument(help: "The id of a batch or a job.")
    var id: ObjectID

    @OptionGroup var progress: ProgressOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            let follower = Follower(api: api, isQuiet: progress.quiet)
            if id.isBatch {
                let batch = try await follower.batch(id)
                let outcome = BatchOutcome(batch: batch, isJSON: format.json)
                try outcome.show(on: .output)
                outcome.suggest(on: .notes)
                try batch.verdict.throwUnlessSuccess()
            } else {
                let job = try await follower.job(id)
                try format.json ? TextChannel.output.json(job.json) : TextChannel.output.details(job.details)
                try job.verdict.throwUnlessSuccess()
            }
        }
    }
}
