import ArgumentParser

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Let nothing more of a pool, target, tenant or batch start.",
        discussion: """
            What runs goes on, what waits keeps its place, and deadlines run on. Pausing again does no harm. A batch \
            may be paused by its tenant; the others need an admin key.

            Examples:
              penstock pause --pool default --reason "provider maintenance until 06:00Z"
              penstock pause --target openai-eu
              penstock pause --tenant search-team
              penstock pause --batch batch_0123

            \(ExitCodeText.usual)
            """
    )

    @OptionGroup var control: ControlOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            try await Control(api: api, subject: control.subject, reason: control.reason)
                .set(paused: true, json: format.json)
        }
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let a pool, target, tenant or batch go on.",
        discussion: """
            Resuming a target also ends its block, and its stop after the provider said that the quota is used up. \
            Resuming again does no harm.

            Examples:
              penstock resume --pool default
              penstock resume --target openai-eu
              penstock resume --batch batch_0123

            \(ExitCodeText.usual)
            """
    )

    @OptionGroup var control: ControlOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            try await Control(api: api, subject: control.subject, reason: control.reason)
                .set(paused: false, json: format.json)
        }
    }
}

/// What is to be paused or resumed.
struct ControlOptions: ParsableArguments {
    @Option(help: "The name of a pool.")
    var pool: ConfiguredName?

    @Option(help: "The name of a target.")
    var target: ConfiguredName?

    @Option(help: "A tenant, in all pools.")
    var tenant: ObjectID?

    @Option(help: "The id of a batch.")
    var batch: ObjectID?

    @Option(help: ArgumentHelp("Why, for others to read; for pools and targets.", valueName: "text"))
    var reason: String?

    func validate() throws {
        guard subjects.count == 1 else {
            throw ValidationError("Give one of --pool, --target, --tenant and --batch.")
        }
        guard reason == nil || pool != nil || target != nil else {
            throw ValidationError("--reason is kept for pools and targets only.")
        }
        guard reason.map({ (1...200).contains($0.utf8.count) }) ?? true else {
            throw ValidationError("--reason must be 1 to 200 bytes.")
        }
    }

    /// After validation.
    var subject: Control.Subject { subjects[0] }

    private var subjects: [Control.Subject] {
        [
            pool.map { .pool($0) }, target.map { .target($0) }, tenant.map { .tenant($0) }, batch.map { .batch($0) },
        ].compactMap { $0 }
    }
}
