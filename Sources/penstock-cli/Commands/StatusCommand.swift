import ArgumentParser
import JSON

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show a batch or a job: where it is, why it waits, what it cost so far.",
        discussion: """
            Examples:
              penstock status batch_0123
              penstock status job_0123 --json

            \(ExitCodeText.usual)
            """
    )

    @Argument(help: "The id of a batch or a job.")
    var id: ObjectID

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            try await id.isBatch ? showBatch(api) : showJob(api)
        }
    }

    private func showJob(_ api: API) async throws {
        let job = try JobView(try await api.get("/v1/jobs/\(id)").root)
        if format.json { return try TextChannel.output.json(job.json) }
        try TextChannel.output.details(job.details)
        if job.state == "succeeded" { TextChannel.notes.note("Next:\n  penstock results \(id)") }
    }

    private func showBatch(_ api: API) async throws {
        let batch = try Batch(try await api.get("/v1/batches/\(id)").root)
        if format.json { return try TextChannel.output.json(batch.json) }
        try TextChannel.output.details(batch.details(now: TimeText.now))
        if !batch.problems.isEmpty { try TextChannel.output.table(BatchProblem.table(batch.problems)) }
        BatchOutcome(batch: batch, isJSON: false).suggest(on: .notes)
    }
}
