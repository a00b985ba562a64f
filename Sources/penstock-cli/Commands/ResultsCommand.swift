import ArgumentParser
import JSON

struct ResultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "results",
        abstract: "Fetch what a batch or a job produced.",
        discussion: """
            Of a batch: its output file, one line per request that succeeded; with --errors instead the lines of the \
            requests that did not. Of a job: the provider's answer as JSON.

            Examples:
              penstock results batch_0123 --output results.jsonl
              penstock results batch_0123 --errors
              penstock results batch_0123 --follow | jq .custom_id
              penstock results job_0123

            \(ExitCodeText.withWork)
            """
    )

    @Argument(help: "The id of a batch or a job.")
    var id: ObjectID

    @Option(help: "Write to this file instead of standard output; it appears when it is complete.", completion: .file())
    var output: String?

    @Flag(help: "Of a batch: the requests that did not succeed, instead of those that did.")
    var errors = false

    @Flag(help: "Of a batch: print lines as they come in, until it has ended.")
    var follow = false

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard !errors || id.isBatch else { throw ValidationError("--errors is for batches.") }
        guard !follow || id.isBatch else { throw ValidationError("--follow is for batches.") }
        guard !follow || output == nil else { throw ValidationError("--follow prints; it cannot go with --output.") }
    }

    func run() async throws {
        try await connection.withAPI { api in
            try await id.isBatch ? fetchBatch(api) : fetchJob(api)
        }
    }

    private func fetchBatch(_ api: API) async throws {
        if follow {
            let follower = ResultFollower(api: api, batch: id, errors: errors, output: .output)
            let ended = try await follower.run()
            if ended.status == "failed" { return try reportNothing(ended) }
            return TextChannel.notes.note("The batch is \(ended.status.printable).")
        }
        let batch = try Batch(try await api.get("/v1/batches/\(id)").root)
        guard let fileID = errors ? batch.errorFile : batch.outputFile else { return try reportNothing(batch) }
        let download = FileDownload(api: api)
        if let output {
            let count = try await download.toFile(ObjectID(checking: fileID), path: output)
            TextChannel.notes.note("\(output): \(NumberText.bytes(count))".printable)
        } else {
            try await download.toOutput(ObjectID(checking: fileID), .output)
        }
        if !batch.isTerminal {
            TextChannel.notes.note("The batch is still \(batch.status.printable): these are the lines so far.")
        }
        guard !errors, batch.isTerminal, batch.errorFile != nil else { return }
        TextChannel.notes.note("\(batch.failed.grouped) requests did not succeed: penstock results \(id) --errors")
    }

    /// An ended batch without such lines has an empty result; before the end it is too early.
    private func reportNothing(_ batch: Batch) throws {
        if batch.status == "failed" {
            try BatchOutcome(batch: batch, isJSON: format.json).show(on: .output)
            return try batch.verdict.throwUnlessSuccess()
        }
        guard batch.isTerminal else {
            throw CLIError.local("there is nothing yet: the batch is \(batch.status.printable); penstock watch \(id)")
        }
        TextChannel.notes.note(errors ? "No request failed." : "No request succeeded: penstock results \(id) --errors")
    }

    private func fetchJob(_ api: API) async throws {
        let job = try JobView(try await api.get("/v1/jobs/\(id)").root)
        guard let result = job.json.object("result") else { return try reportNoResult(job) }
        let value = format.json ? job.json : result["body"] ?? result
        if let output {
            let target = try DownloadTarget(path: output)
            do {
                try target.write(Array(value.rawBytes) + [UInt8(ascii: "\n")])
                try target.finish()
            } catch {
                target.abandon()
                throw error
            }
        } else {
            try TextChannel.output.json(value)
        }
        try job.verdict.throwUnlessSuccess()
    }

    private func reportNoResult(_ job: JobView) throws {
        guard job.isTerminal else {
            throw CLIError.local("there is no result yet: the job is \(job.state.printable); penstock watch \(id)")
        }
        let reason = job.problem.map { ": \($0)" } ?? ""
        TextChannel.notes.note("The job has no result; it is \(job.state)\(reason)".printable)
        try job.verdict.throwUnlessSuccess()
    }
}
