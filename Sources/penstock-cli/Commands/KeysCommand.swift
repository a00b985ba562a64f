import ArgumentParser
import JSON

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Create, list and revoke API keys (admin keys only).",
        discussion: """
            Examples:
              penstock keys create --tenant search-team --name nightly --class batch
              penstock keys list
              penstock keys revoke key_0123

            \(ExitCodeText.usual)
            """,
        subcommands: [KeysCreateCommand.self, KeysListCommand.self, KeysRevokeCommand.self]
    )
}

struct KeysCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create an API key, and its tenant when that is new.",
        discussion: """
            The key is printed on standard output, once; the server keeps only its hash.

            Example:
              penstock keys create --tenant search-team --name nightly > key.txt

            \(ExitCodeText.usual)
            """
    )

    @Option(help: "Who work under the key is accounted to: a-z, 0-9, _ and -.")
    var tenant: String

    @Option(help: "What the key is for.")
    var name: String

    @Flag(help: "The key may administer the server.")
    var admin = false

    @Option(
        name: .customLong("class"),
        help: "A class that the key may use: interactive, standard, batch; repeatable (default: all)."
    )
    var classes: [ClassArgument] = []

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            let key = try await api.post("/v1/admin/keys", body: body).root
            if format.json { return try TextChannel.output.json(key) }
            let id = key.text("id") ?? "the key"
            TextChannel.notes.note("\(id) for tenant \(tenant); it is shown only this once:".printable)
            try TextChannel.output.line(try key.required("key").printable)
        }
    }

    private var body: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("tenant", tenant)
            writer.member("name", name)
            writer.member("admin", admin)
            guard !classes.isEmpty else { return }
            writer.key("classes")
            writer.array { writer in
                for jobClass in classes { writer.string(jobClass.rawValue) }
            }
        }
        return writer.bytes
    }
}

struct KeysListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List API keys, without their secrets.",
        discussion: ExitCodeText.usual
    )

    @Option(help: "Only keys of this tenant.")
    var tenant: String?

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            let query = tenant.map { [(name: "tenant", value: $0)] } ?? []
            let keys = try await api.get("/v1/admin/keys", query: query).list()
            if format.json { return try TextChannel.output.json(keys) }
            try TextChannel.output.table(Self.table(keys))
        }
    }

    private static func table(_ keys: [JSONValue]) -> Table {
        Table(
            [
                .text("KEY"), .text("TENANT"), .flexible("NAME"), .text("ADMIN"), .text("CLASSES"), .text("CREATED"),
                .text("REVOKED"),
            ],
            rows: keys.map { key in
                let classes = key["classes"]?.elements.compactMap(\.string).joined(separator: ",")
                return [
                    Table.Cell(key.text("id")), Table.Cell(key.text("tenant")), Table.Cell(key.text("name")),
                    Table.Cell(key["admin"]?.bool == true ? "yes" : "no"), Table.Cell(classes),
                    Table.Cell(TimeText.utc(key.int("created_at"))), Table.Cell(TimeText.utc(key.int("revoked_at"))),
                ]
            }
        )
    }
}

struct KeysRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke an API key for good.",
        discussion: """
            What was submitted with it goes on.

            Example:
              penstock keys revoke key_0123

            \(ExitCodeText.usual)
            """
    )

    @Argument(help: "The id of the key, not the key itself.")
    var id: ObjectID

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard !id.text.hasPrefix("psk_") else {
            throw ValidationError("That is a key, not the id of one; see penstock keys list.")
        }
    }

    func run() async throws {
        try await connection.withAPI { api in
            let answer = try await api.post("/v1/admin/keys/\(id)/revoke", isRepeatable: true)
            if format.json { return try TextChannel.output.json(answer.root) }
            try TextChannel.output.line("\(id) is revoked")
        }
    }
}
