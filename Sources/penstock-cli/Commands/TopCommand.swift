import ArgumentParser

struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show pools, targets, limits in use and tenants' shares, live (admin keys only).",
        discussion: """
            On a terminal it redraws until q, Ctrl-D or Ctrl-C; elsewhere it prints tables, one after every interval. \
            Rates and shares are those of the last half minute, so the first ones come with the second look; --once \
            takes two looks and prints one table.

            WORKERS lines: how many workers are wanted, how many are ready, and why; penstock fleet has more.

            TENANT rows: SHARE is the tenant's part of the tokens of its class, /WEIGHT that part against its part of \
            the weights: 1.00 is just fair. Both compare tenants that had waiting work in every look and that no bound \
            of their own (HELD BY) held back; for others they show -.

            Examples:
              penstock top
              penstock top --pool default --interval 5
              penstock top --once
              penstock top --json --interval 10 >> looks.jsonl

            \(ExitCodeText.usual)
            """
    )

    @Flag(help: "Print one table and end; with --json one look.")
    var once = false

    @Option(help: "Only this pool.")
    var pool: ConfiguredName?

    @Option(help: "Most tenants shown per pool and class, 1 to 200.")
    var tenants = 20

    @OptionGroup var looks: LookOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (1...200).contains(tenants) else { throw ValidationError("--tenants must be 1 to 200.") }
    }

    func run() async throws {
        let isLive = !once && !format.json && TextChannel.output.terminal.isTerminal
        // A screen shows trouble itself, and looks again anyway.
        try await connection.withAPI(retry: isLive ? .never : ExchangeRetry()) { api in
            let source = PoolsSource(api: api, pool: pool, tenants: tenants)
            let report = TopReport(address: api.address.text, interval: looks.pause)
            guard !isLive else {
                return try await LiveDisplay(picture: report, interval: looks.pause) { try await source.look() }.run()
            }
            let plain = PlainTop(source: source, interval: looks.pause, isOnce: once)
            try await format.json ? plain.json(on: .output) : plain.tables(on: .output)
        }
    }
}
