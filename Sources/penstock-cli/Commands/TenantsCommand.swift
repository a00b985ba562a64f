import ArgumentParser
import JSON

struct TenantsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenants",
        abstract: "List tenants and set their shares and bounds (admin keys only).",
        discussion: """
            Examples:
              penstock tenants list
              penstock tenants set search-team --weight 3 --max-running 50

            \(ExitCodeText.usual)
            """,
        subcommands: [TenantsListCommand.self, TenantsSetCommand.self]
    )
}

struct TenantsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List tenants, their shares and bounds.",
        discussion: ExitCodeText.usual
    )

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
            [.text("TENANT"), .number("WEIGHT")] + TenantLimit.all.map { .number($0.title) }
                + [.text("PAUSED"), .text("CREATED")],
            rows: tenants.map { tenant in
                let isPaused = tenant["paused"]?.bool == true
                return [
                    Table.Cell(tenant.text("id") ?? tenant.text("tenant")), Table.Cell(tenant.int("weight")?.grouped),
                ] + TenantLimit.all.map { Table.Cell(tenant.int($0.field)?.grouped ?? "none") } + [
                    Table.Cell(isPaused ? "yes" : "no", style: isPaused ? .caution : nil),
                    Table.Cell(TimeText.utc(tenant.int("created_at"))),
                ]
            }
        )
    }
}

/// The bounds of a tenant as the server names them, in the order of the list.
struct TenantLimit {
    let field: String
    let title: String

    static let all = [
        TenantLimit(field: "max_running", title: "MAX RUNNING"),
        TenantLimit(field: "requests_per_minute", title: "REQUESTS/MIN"),
        TenantLimit(field: "tokens_per_minute", title: "TOKENS/MIN"),
        TenantLimit(field: "max_jobs", title: "MAX JOBS"),
        TenantLimit(field: "max_bytes", title: "MAX BYTES"),
        TenantLimit(field: "max_tokens", title: "MAX TOKENS"),
    ]
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
        abstract: "Set a tenant's share of the fleet and its bounds.",
        discussion: """
            What is not given stays as it is. Changes hold at once, also for what waits already.

            Examples:
              penstock tenants set search-team --weight 3
              penstock tenants set search-team --max-running none
              penstock tenants set search-team --tokens-per-minute 200000 --max-jobs 50000

            \(ExitCodeText.usual)
            """
    )

    @Argument(help: "The tenant.")
    var tenant: ObjectID

    @Option(help: "Its share in proportion to other tenants, 1 to 1000.")
    var weight: Int?

    @Option(help: "Most of its jobs that run at once, or none for no limit.")
    var maxRunning: LimitArgument?

    @Option(help: "Most of its calls that start per minute and pool, or none.")
    var requestsPerMinute: LimitArgument?

    @Option(help: "Most tokens of its calls that start per minute and pool, or none.")
    var tokensPerMinute: LimitArgument?

    @Option(help: "Most of its jobs that wait or run in a pool, or none.")
    var maxJobs: LimitArgument?

    @Option(help: "Most bytes of its requests that wait in a pool's queue, or none.")
    var maxBytes: LimitArgument?

    @Option(help: "Most estimated tokens of its jobs that wait or run in a pool, or none.")
    var maxTokens: LimitArgument?

    @Flag(inversion: .prefixedNo, help: "Whether nothing more of it starts; as penstock pause and resume set it.")
    var paused: Bool?

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard weight != nil || paused != nil || !limits.isEmpty else {
            throw ValidationError("Say what to set: see penstock tenants set --help.")
        }
        guard weight.map((1...1000).contains) ?? true else { throw ValidationError("--weight must be 1 to 1000.") }
    }

    func run() async throws {
        try await connection.withAPI { api in
            let answer = try await api.put("/v1/admin/tenants/\(tenant)", body: body)
            if format.json { return try TextChannel.output.json(answer.root) }
            try TextChannel.output.table(TenantsListCommand.table([answer.root]))
        }
    }

    private var limits: [(field: String, limit: LimitArgument)] {
        let given = [maxRunning, requestsPerMinute, tokensPerMinute, maxJobs, maxBytes, maxTokens]
        return zip(TenantLimit.all, given).compactMap { known, limit in limit.map { (known.field, $0) } }
    }

    /// Only what is to change.
    private var body: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.memberIfPresent("weight", weight)
            for (field, limit) in limits {
                switch limit {
                case .number(let number): writer.member(field, number)
                case .unlimited: writer.member(field, Int?.none)
                }
            }
            writer.memberIfPresent("paused", paused)
        }
        return writer.bytes
    }
}
