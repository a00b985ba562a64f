import ArgumentParser
import JSON

struct TenantsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenants",
        abstract: "List tenants and set their shares (admin keys only).",
        discussion: """
            Examples:
              penstock tenants list
              penstock tenants set search-team --weight 3 --max-running 50
            """,
        subcommands: [TenantsListCommand.self, TenantsSetCommand.self]
    )
}

struct TenantsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List tenants and their shares.")

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            let tenants = try await api.get("/v1/admin/tenants").list()
            if format.json { return try TextChannel.output.json(tenants) }
            try TextChannel.output.table(Self.table(tenants))
        }
    }

    static func table(_ tenants: [JSONValue]) -> Table {
        Table(
            [.text("TENANT"), .number("WEIGHT"), .number("MAX RUNNING"), .text("CREATED")],
            rows: tenants.map { tenant in
                [
                    Table.Cell(tenant.text("id") ?? tenant.text("tenant")), Table.Cell(tenant.int("weight")?.grouped),
                    Table.Cell(tenant.int("max_running")?.grouped ?? "no limit"),
                    Table.Cell(TimeText.utc(tenant.int("created_at"))),
                ]
            }
        )
    }
}

/// A number, or `none` for no limit.
enum LimitArgument: ExpressibleByArgument, Equatable {
    case unlimited
    case number(Int)

    init?(argument: String) {
        if argument == "none" {
            self = .unlimited
        } else if let number = Int(argument), number >= 1 {
            self = .number(number)
        } else {
            return nil
        }
    }
}

struct TenantsSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Set a tenant's share of the fleet.",
        discussion: """
            Examples:
              penstock tenants set search-team --weight 3
              penstock tenants set search-team --max-running none
            """
    )

    @Argument(help: "The tenant.")
    var tenant: ObjectID

    @Option(help: "Its share in proportion to other tenants, 1 to 1000.")
    var weight: Int?

    @Option(help: "Most of its jobs that run at once, or none for no limit.")
    var maxRunning: LimitArgument?

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard weight != nil || maxRunning != nil else { throw ValidationError("Give --weight or --max-running.") }
        guard weight.map((1...1000).contains) ?? true else { throw ValidationError("--weight must be 1 to 1000.") }
    }

    func run() async throws {
        try await connection.withAPI { api in
            let answer = try await api.put("/v1/admin/tenants/\(tenant)", body: body)
            if format.json { return try TextChannel.output.json(answer.root) }
            try TextChannel.output.table(TenantsListCommand.table([answer.root]))
        }
    }

    /// Only what is to change.
    private var body: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.memberIfPresent("weight", weight)
            switch maxRunning {
            case .number(let number): writer.member("max_running", number)
            case .unlimited: writer.member("max_running", Int?.none)
            case nil: break
            }
        }
        return writer.bytes
    }
}
