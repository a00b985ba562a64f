import ArgumentParser
import JSON

struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List the models that requests may name.",
        discussion: """
            Prices are US dollars per million tokens, where the server tells them.

            Example:
              penstock models

            \(ExitCodeText.usual)
            """
    )

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            let models = try await api.get("/v1/models").list()
            if format.json { return try TextChannel.output.json(models) }
            let table = Table(
                [.text("MODEL"), .flexible("OWNER"), .number("INPUT/M"), .number("OUTPUT/M")],
                rows: models.map { model in
                    let price = PriceList.price(of: model)
                    return [
                        Table.Cell(model.text("id")), Table.Cell(model.text("owned_by")),
                        Table.Cell(price?.input.text), Table.Cell(price?.output.text),
                    ]
                }
            )
            try TextChannel.output.table(table)
        }
    }
}
