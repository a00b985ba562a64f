import ArgumentParser
import JSON

struct WebhooksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhooks",
        abstract: "Register endpoints, look at what was sent, send it again.",
        discussion: """
            Examples:
              penstock webhooks create --name ci --to https://example.com/hook --event batch.completed --event batch.failed
              penstock webhooks test whe_0123 --event batch.completed
              penstock webhooks deliveries --state failed
              penstock webhooks replay wh_batch_0123_4567
            """,
        subcommands: [
            WebhooksListCommand.self, WebhooksCreateCommand.self, WebhooksEnableCommand.self,
            WebhooksRotateCommand.self, WebhooksTestCommand.self, WebhooksDeleteCommand.self,
            WebhooksDeliveriesCommand.self, WebhooksReplayCommand.self,
        ],
        defaultSubcommand: WebhooksListCommand.self
    )
}

struct WebhooksListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List endpoints, newest first.")

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            let endpoints = try await api.list("/v1/webhook_endpoints", limit: ListLimit.allowed.upperBound)
            if format.json { return try TextChannel.output.json(endpoints) }
            try TextChannel.output.table(
                Table(
                    [.text("ENDPOINT"), .text("STATE"), .flexible("NAME"), .flexible("URL"), .flexible("EVENTS")],
                    rows: endpoints.map { endpoint in
                        [
                            Table.Cell(endpoint.text("id")), Self.state(of: endpoint),
                            Table.Cell(endpoint.text("name")),
                            Table.Cell(endpoint.text("url")),
                            Table.Cell(endpoint.list("event_types").compactMap(\.string).joined(separator: ",")),
                        ]
                    }
                )
            )
        }
    }

    private static func state(of endpoint: JSONValue) -> Table.Cell {
        if let since = TimeText.utc(endpoint.int("disabled_at")) {
            return Table.Cell("disabled \(since) (\(endpoint.text("disabled_reason") ?? "gone"))", style: .bad)
        }
        guard let since = TimeText.utc(endpoint.int("failing_since")) else { return Table.Cell("good", style: .good) }
        return Table.Cell("failing since \(since)", style: .caution)
    }
}

struct WebhooksCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Register an endpoint.",
        discussion: "Its secret is printed on standard output, once: receivers verify signatures with it."
    )

    @Option(help: "What it is for.")
    var name: String

    @Option(help: "Where to send: an https:// URL.")
    var to: String

    @Option(name: .customLong("event"), help: "A type to be told of, such as batch.completed; repeatable.")
    var events: [String]

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("name", name)
            writer.member("url", to)
            writer.key("event_types")
            writer.array { writer in
                for event in events { writer.string(event) }
            }
        }
        let body = writer.bytes
        try await connection.withAPI { api in
            let key = "cli-\(RandomName.hex())"
            let endpoint = try await api.post("/v1/webhook_endpoints", body: body, idempotencyKey: key).root
            try WebhookSecretText.show(endpoint, format)
        }
    }
}

struct WebhooksEnableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Bring a disabled endpoint back."
    )

    @Argument(help: "The id of an endpoint.")
    var id: ObjectID

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            _ = try await api.post("/v1/webhook_endpoints/\(id)", body: Array("{}".utf8), isRepeatable: true)
            try TextChannel.output.line("\(id) is enabled")
        }
    }
}

struct WebhooksRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Give an endpoint a new secret, printed once."
    )

    @Argument(help: "The id of an endpoint.")
    var id: ObjectID

    @Flag(help: "Let the old secret sign beside the new one for 24 hours.")
    var keepOld = false

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let body = Array(#"{"keep_old_secret_active_for_24_hours":\#(keepOld)}"#.utf8)
        try await connection.withAPI { api in
            let endpoint = try await api.post("/v1/webhook_endpoints/\(id)/rotate_secret", body: body).root
            try WebhookSecretText.show(endpoint, format)
        }
    }
}

struct WebhooksTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Send a sample to an endpoint now."
    )

    @Argument(help: "The id of an endpoint.")
    var id: ObjectID

    @Option(help: "The type of the sample.")
    var event = "batch.completed"

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        var writer = JSONWriter()
        writer.object { $0.member("event_type", event) }
        let body = writer.bytes
        try await connection.withAPI { api in
            let answer = try await api.post("/v1/webhook_endpoints/\(id)/test", body: body)
            if format.json { return try TextChannel.output.json(answer.root) }
            try TextChannel.output.line("\(id) answered \(answer.root.int("status_code") ?? 0)")
        }
    }
}

struct WebhooksDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Remove an endpoint; what waits for it is not sent."
    )

    @Argument(help: "The id of an endpoint.")
    var id: ObjectID

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        if !yes { try Confirmation.ask("Delete \(id)?", otherwise: "nothing was deleted") }
        try await connection.withAPI { api in
            _ = try await api.delete("/v1/webhook_endpoints/\(id)")
            try TextChannel.output.line("\(id) is deleted")
        }
    }
}

/// A secret that is shown once.
private enum WebhookSecretText {
    static func show(_ endpoint: JSONValue, _ format: FormatOptions) throws {
        if format.json { return try TextChannel.output.json(endpoint) }
        let id = endpoint.text("id") ?? "the endpoint"
        TextChannel.notes.note("\(id): its secret is shown only this once:".printable)
        try TextChannel.output.line(try endpoint.required("signing_secret").printable)
    }
}
