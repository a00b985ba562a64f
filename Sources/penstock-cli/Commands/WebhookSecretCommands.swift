import ArgumentParser
import JSON

struct WebhooksCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Register an endpoint.",
        discussion: """
            Its secret is printed on standard output, once: receivers verify signatures with it. The receiver's \
            address is --to, because --url is the server's.

            Example:
              penstock webhooks create --name ci --to https://example.com/hook --events batch.completed,batch.failed

            \(ExitCodeText.usual)
            """
    )

    @Option(help: "What it is for.")
    var name: String

    @Option(help: "Where to send: an https:// URL.")
    var to: String

    @Option(
        name: [.customLong("events"), .customLong("event")],
        help: "Types to be told of, separated by commas; repeatable. See penstock webhooks event-types."
    )
    var events: [EventTypesArgument]

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let body = WebhookFields(name: name, url: to, events: events).json
        try await connection.withAPI { api in
            let key = "cli-\(RandomName.hex())"
            let endpoint = try await api.post("/v1/webhook_endpoints", body: body, idempotencyKey: key).root
            try WebhookSecretText.show(endpoint, format)
        }
    }
}

struct WebhooksRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Give an endpoint a new secret, printed once.",
        discussion: ExitCodeText.usual
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

/// A secret that is shown once.
private enum WebhookSecretText {
    static func show(_ endpoint: JSONValue, _ format: FormatOptions) throws {
        if format.json { return try TextChannel.output.json(endpoint) }
        let id = endpoint.text("id") ?? "the endpoint"
        TextChannel.notes.note("\(id): its secret is shown only this once:".printable)
        try TextChannel.output.line(try endpoint.required("signing_secret").printable)
    }
}
