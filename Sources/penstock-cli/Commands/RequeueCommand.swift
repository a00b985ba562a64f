import ArgumentParser
import JSON

struct RequeueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requeue",
        abstract: "Run quarantined jobs again, each as a new job.",
        discussion: """
            For jobs that ended as penstock_poison: several workers died while they held them. The new job has the \
            same request, class and tags and as much time as the old one had. Requeueing again does no harm: it names \
            the same new job.

            Examples:
              penstock jobs --quarantined
              penstock requeue job_0123 batch_req_0123_7

            \(ExitCodeText.usual)
            """
    )

    @Argument(help: "The ids of quarantined jobs or lines.")
    var ids: [ObjectID]

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard !ids.isEmpty else { throw ValidationError("Give the ids of quarantined jobs.") }
        guard !ids.contains(where: \.isBatch) else {
            throw ValidationError("A batch cannot be requeued, its lines can; see penstock jobs --quarantined.")
        }
    }

    func run() async throws {
        var status = CommandStatus.success
        try await connection.withAPI { api in
            for id in ids {
                do {
                    try show(try await api.post("/v1/jobs/\(id)/requeue", isRepeatable: true).root, of: id)
                } catch let error as CLIError {
                    // One that cannot be requeued does not hold up the others.
                    guard case .server(let failure) = error, [400, 404, 409, 410].contains(failure.status) else {
                        throw error
                    }
                    TextChannel.notes.note("\(id): \(error.text)")
                    status = .partlyFailed
                }
            }
        }
        try status.throwUnlessSuccess()
    }

    private func show(_ answer: JSONValue, of id: ObjectID) throws {
        if format.json { return try TextChannel.output.json(answer) }
        try TextChannel.output.line("\(id) is requeued as \(try JobView(answer).id)".printable)
    }
}
