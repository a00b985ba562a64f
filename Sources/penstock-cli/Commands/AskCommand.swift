import ArgumentParser
import JSON

struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask",
        abstract: "Submit a single chat request as a job.",
        discussion: """
            Prints the job's id; with --wait the answer instead. A job that would probably start only after its \
            deadline is refused, with the time to come back; --queue-anyway takes the risk.

            Examples:
              penstock ask prod.chat.default "Why is the sky blue?" --wait
              penstock ask prod.chat.default "Summarise: …" --class batch --deadline 6h
              penstock ask prod.chat.default "Ping" --deadline 10s --queue-anyway

            \(ExitCodeText.withWork)
            """
    )

    @Argument(help: "The model.")
    var model: String

    @Argument(help: "What to ask.")
    var prompt: String

    @Flag(help: "Wait for the answer and print it.")
    var wait = false

    @Option(help: "Instructions that come before the prompt.")
    var system: String?

    @Option(help: "Most tokens of the answer.")
    var maxTokens: Int?

    @Option(name: .customLong("class"), help: "How urgent it is: interactive, standard (the default) or batch.")
    var jobClass: ClassArgument?

    @Option(help: "How long the answer may take: \(WindowText.allowed) (default: 24h).")
    var deadline: String?

    @Option(
        help: ArgumentHelp(
            "feature=NAME or customer=NAME, for the breakdown of costs; repeatable.",
            valueName: "key=value"
        )
    )
    var tag: [TagArgument] = []

    @Flag(help: "Queue it even when it will probably miss its deadline.")
    var queueAnyway = false

    @OptionGroup var progress: ProgressOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if let deadline, WindowText.seconds(deadline) == nil {
            throw ValidationError("--deadline must be \(WindowText.allowed).")
        }
        guard Set(tag.map(\.key)).count == tag.count else { throw ValidationError("A --tag key is given twice.") }
    }

    func run() async throws {
        try await connection.withAPI { api in
            let answer = try await api.post("/v1/jobs", body: body, idempotencyKey: "cli-\(RandomName.hex())")
            let job = try JobView(answer.root)
            try await wait ? follow(ObjectID(checking: job.id), api) : announce(job)
        }
    }

    private func announce(_ job: JobView) throws {
        if format.json { return try TextChannel.output.json(job.json) }
        let start = job.expectedStart.map { "; starts in about \(TimeText.span($0))" } ?? ""
        let id = job.id.printable
        TextChannel.notes.note("Job accepted\(start). Next:\n  penstock watch \(id)\n  penstock results \(id)")
        try TextChannel.output.line(id)
    }

    private func follow(_ id: ObjectID, _ api: API) async throws {
        let job = try await Follower(api: api, isQuiet: progress.quiet).job(id)
        if format.json {
            try TextChannel.output.json(job.json)
        } else if let text = job.answerText {
            try TextChannel.output.foreign(Array((text + "\n").utf8))
        } else if let body = job.json.path("result", "body") {
            try TextChannel.output.json(body)
        }
        if let problem = job.problem { TextChannel.notes.note("\(id) is \(job.state): \(problem)".printable) }
        try job.verdict.throwUnlessSuccess()
    }

    /// The body of `POST /v1/jobs`.
    var body: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("endpoint", "/v1/chat/completions")
            writer.memberIfPresent("class", jobClass?.rawValue)
            writer.memberIfPresent("deadline", deadline)
            if queueAnyway { writer.member("queue_anyway", true) }
            if !tag.isEmpty {
                writer.key("tags")
                writer.object { writer in
                    for tag in tag { writer.member(tag.key, tag.value) }
                }
            }
            writer.key("body")
            writer.object { writer in
                writer.member("model", model)
                writer.memberIfPresent("max_tokens", maxTokens)
                writer.key("messages")
                writer.array { writer in writeMessages(to: &writer) }
            }
        }
        return writer.bytes
    }

    private func writeMessages(to writer: inout JSONWriter) {
        for (role, content) in [("system", system), ("user", prompt)] {
            guard let content else { continue }
            writer.object { writer in
                writer.member("role", role)
                writer.member("content", content)
            }
        }
    }
}
