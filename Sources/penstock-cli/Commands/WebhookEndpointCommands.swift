import ArgumentParser
import JSON

struct WebhooksShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show an endpoint.",
        discussion: ExitCodeText.usual
    )

    @Argument(help: "The id of an endpoint.")
    var id: ObjectID

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            let endpoint = try await api.get("/v1/webhook_endpoints/\(id)").root
            try WebhookEndpointText.show(endpoint, format)
        }
    }
}

struct WebhooksUpdateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change an endpoint's name, address or types.",
        discussion: """
            What is not given stays as it is; --events replaces all types. Any update also brings a disabled endpoint \
            back.

            Examples:
              penstock webhooks update whe_0123 --to https://example.com/new
              penstock webhooks update whe_0123 --events batch.completed,job.failed

            \(ExitCodeText.usual)
            """
    )

    @Argument(help: "The id of an endpoint.")
    var id: ObjectID

    @Option(help: "What it is for.")
    var name: String?

    @Option(help: "Where to send: an https:// URL.")
    var to: String?

    @Option(
        name: [.customLong("events"), .customLong("event")],
        help: "Types to be told of, separated by commas; repeatable. See penstock webhooks event-types."
    )
    var events: [EventTypesArgument] = []

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard name != nil || to != nil || !events.isEmpty else {
            throw ValidationError("Say what to change: --name, --to or --events.")
        }
    }

    func run() async throws {
        let body = WebhookFields(name: name, url: to, events: events).json
        try await connection.withAPI { api in
            let endpoint = try await api.post("/v1/webhook_endpoints/\(id)", body: body, isRepeatable: true).root
            try WebhookEndpointText.show(endpoint, format)
        }
    }
}

struct WebhooksEventTypesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "event-types",
        abstract: "List the types that an endpoint can be told of.",
        discussion: ExitCodeText.usual
    )

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            let types = try await api.get("/v1/webhook_event_types").list()
            if format.json { return try TextChannel.output.json(types) }
            for type in types.compactMap(\.string) { try TextChannel.output.line(type.printable) }
        }
    }
}
