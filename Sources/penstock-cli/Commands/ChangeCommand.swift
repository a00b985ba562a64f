import ArgumentParser
import JSON

struct ChangeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "change",
        abstract: "Change the class or the deadline of a job or a batch that waits.",
        discussion: """
            Of a batch it holds for all that has not been called yet. What runs goes on as it was.

            Examples:
              penstock change job_0123 --class interactive
              penstock change batch_0123 --deadline 6h
              penstock change batch_0123 --class standard --deadline 2026-11-23T06:00:00Z

            \(ExitCodeText.usual)
            """
    )

    @Argument(help: "The id of a job or a batch.")
    var id: ObjectID

    @Option(name: .customLong("class"), help: "How urgent it is from now on: interactive, standard or batch.")
    var jobClass: ClassArgument?

    @Option(help: "Until when: \(DeadlineArgument.allowed).")
    var deadline: DeadlineArgument?

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard jobClass != nil || deadline != nil else { throw ValidationError("Give --class or --deadline.") }
        guard !id.text.hasPrefix("batch_req_") else {
            throw ValidationError("\(id) is a line of a batch; change the batch.")
        }
    }

    func run() async throws {
        try await connection.withAPI { api in
            let answer = try await api.patch(id.isBatch ? "/v1/batches/\(id)" : "/v1/jobs/\(id)", body: body).root
            if format.json { return try TextChannel.output.json(answer) }
            let details = id.isBatch ? try Batch(answer).details(now: TimeText.now) : try JobView(answer).details
            try TextChannel.output.details(details)
        }
    }

    /// Only what is to change.
    private var body: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.memberIfPresent("class", jobClass?.rawValue)
            switch deadline {
            case .seconds(let seconds): writer.member("deadline", seconds)
            case .text(let text): writer.member("deadline", text)
            case nil: break
            }
        }
        return writer.bytes
    }
}

/// A deadline as the server takes it.
enum DeadlineArgument: ExpressibleByArgument, Equatable {
    static let allowed = "\(WindowText.allowed), from now on; RFC 3339; or unix seconds"

    /// Unix seconds.
    case seconds(Int)
    /// A duration from now, or RFC 3339.
    case text(String)

    init?(argument: String) {
        if WindowText.seconds(argument) != nil {
            self = .text(argument)
        } else if let seconds = Int(argument), seconds > 0 {
            self = .seconds(seconds)
        } else if argument.utf8.count >= 20, MomentText.query(argument, now: 0) == argument {
            self = .text(argument)
        } else {
            return nil
        }
    }
}
