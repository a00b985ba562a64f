import ArgumentParser
import JSON

struct WebhooksDeliveriesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries",
        abstract: "List what was sent and is to be sent, newest first.",
        discussion: ExitCodeText.usual
    )

    enum State: String, ExpressibleByArgument, CaseIterable {
        case pending, delivered, failed
    }

    @Option(help: "Only to this endpoint.")
    var endpoint: String?

    @Option(help: "Only deliveries in this state.")
    var state: State?

    @Option(help: "How many at most.")
    var limit = 20

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        try ListLimit.check(limit)
    }

    func run() async throws {
        let query = [("endpoint", endpoint), ("state", state?.rawValue)].compactMap { name, value in
            value.map { (name: name, value: $0) }
        }
        try await connection.withAPI { api in
            let deliveries = try await api.list("/v1/webhook_deliveries", query: query, limit: limit)
            if format.json { return try TextChannel.output.json(deliveries) }
            try TextChannel.output.table(
                Table(
                    [
                        .text("DELIVERY"), .text("EVENT"), .text("STATE"), .number("TRIES"), .text("NEXT"),
                        .flexible("TO"), .flexible("LAST ERROR"),
                    ],
                    rows: deliveries.map { delivery in
                        [
                            Table.Cell(delivery.text("id")), Table.Cell(delivery.text("event_type")),
                            Table.Cell.state(delivery.text("state") ?? "-"),
                            Table.Cell(delivery.int("attempts").map(String.init)),
                            Table.Cell(TimeText.utc(delivery.int("next_attempt_at"))),
                            Table.Cell(delivery.text("destination")), Table.Cell(delivery.text("last_error")),
                        ]
                    }
                )
            )
        }
    }
}

struct WebhooksReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Send a delivery again now, under the same webhook-id.",
        discussion: ExitCodeText.usual
    )

    @Argument(help: "The id of a delivery.")
    var id: ObjectID

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            let answer = try await api.post("/v1/webhook_deliveries/\(id)/replay", isRepeatable: true)
            if format.json { return try TextChannel.output.json(answer.root) }
            try TextChannel.output.line("\(id) is sent again")
        }
    }
}
