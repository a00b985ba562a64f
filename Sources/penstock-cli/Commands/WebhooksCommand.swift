import ArgumentParser
import JSON

struct WebhooksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhooks",
        abstract: "Register endpoints, look at what was sent, send it again.",
        discussion: """
            Examples:
              penstock webhooks create --name ci --to https://example.com/hook --events batch.completed,batch.failed
              penstock webhooks test whe_0123 --event batch.completed
              penstock webhooks deliveries --state failed
              penstock webhooks replay wh_batch_0123_4567

            \(ExitCodeText.usual)
            """,
        subcommands: [
            WebhooksListCommand.self, WebhooksShowCommand.self, WebhooksCreateCommand.self,
            WebhooksUpdateCommand.self, WebhooksEnableCommand.self, WebhooksRotateCommand.self,
            WebhooksTestCommand.self, WebhooksDeleteCommand.self, WebhooksEventTypesCommand.self,
            WebhooksDeliveriesCommand.self, WebhooksReplayCommand.self,
        ],
        defaultSubcommand: WebhooksListCommand.self
    )
}

struct WebhooksListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List endpoints, newest first.",
        discussion: ExitCodeText.usual
    )

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
                            Table.Cell(endpoint.text("id")), WebhookEndpointText.state(of: endpoint),
                            Table.Cell(endpoint.text("name")),
                            Table.Cell(endpoint.text("url")),
                            Table.Cell(WebhookEndpointText.events(of: endpoint)),
                        ]
                    }
                )
            )
        }
    }
}

struct WebhooksEnableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Bring a disabled endpoint back.",
        discussion: ExitCodeText.usual
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

struct WebhooksTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Send a sample to an endpoint now.",
        discussion: ExitCodeText.usual
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
        abstract: "Remove an endpoint; what waits for it is not sent.",
        discussion: ExitCodeText.usual
    )

    @Argument(help: "The id of an endpoint.")
    var id: ObjectID

    @OptionGroup var deletion: DeletionOptions

    func run() async throws {
        try await deletion.run(id, in: "/v1/webhook_endpoints")
    }
}
