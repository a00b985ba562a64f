import ArgumentParser

/// Which server, and who we are.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The server's address (default: PENSTOCK_URL, else \(ServerAddress.standard)).",
            valueName: "address"
        )
    )
    var url: String?

    @Option(
        help: ArgumentHelp("A file that holds the API key (default: the key in PENSTOCK_API_KEY).", valueName: "file"),
        completion: .file()
    )
    var apiKeyFile: String?

    func validate() throws {
        guard ServerAddress(addressText) == nil else { return }
        throw ValidationError("'\(addressText)' is no address such as \(ServerAddress.standard).")
    }

    /// Whether there is a key, so that optional look-ups may be tried.
    var hasKey: Bool { apiKeyFile != nil || Environment["PENSTOCK_API_KEY"] != nil }

    /// Connects for as long as `body` runs.
    func withAPI<Result>(retry: ExchangeRetry = ExchangeRetry(), _ body: (API) async throws -> Result) async throws
        -> Result
    {
        guard let address = ServerAddress(addressText) else { throw CLIError.local("'\(addressText)' is no address") }
        let api = try API(address: address, key: await APIKey.load(file: apiKeyFile), notes: .notes, retry: retry)
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(api))
        } catch {
            outcome = .failure(error)
        }
        await api.shutdown()
        return try outcome.get()
    }

    private var addressText: String { url ?? Environment["PENSTOCK_URL"] ?? ServerAddress.standard }
}

/// How results are printed.
struct FormatOptions: ParsableArguments {
    @Flag(help: "Print the server's JSON, one object per line, for scripts.")
    var json = false
}

/// How often something is looked at.
struct LookOptions: ParsableArguments {
    @Option(help: "Seconds between looks, 0.5 to 3600.")
    var interval = 2.0

    func validate() throws {
        guard (0.5...3600).contains(interval) else { throw ValidationError("--interval must be 0.5 to 3600 seconds.") }
    }

    /// After validation.
    var pause: Duration { .seconds(interval) }
}

/// How waiting is shown.
struct ProgressOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Show no progress while waiting; trouble is told all the same.")
    var quiet = false
}

/// `key=value` on the command line.
struct PairArgument: ExpressibleByArgument, Equatable {
    let key: String
    let value: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { return nil }
        key = String(parts[0])
        value = String(parts[1])
    }
}

/// `--tag feature=…` and `--tag customer=…`: what costs are broken down by.
struct TagArgument: ExpressibleByArgument, Equatable {
    static let keys = ["feature", "customer"]
    let key: String
    let value: String

    init?(argument: String) {
        guard let pair = PairArgument(argument: argument), Self.keys.contains(pair.key), !pair.value.isEmpty,
            !pair.value.contains(",")
        else { return nil }
        key = pair.key
        value = pair.value
    }
}

/// How urgent work is.
enum ClassArgument: String, ExpressibleByArgument, CaseIterable {
    case interactive, standard, batch
}

/// A `--max-cost`: US dollars, more than zero.
struct MaxCostArgument: ExpressibleByArgument, Equatable {
    /// As it was written.
    let text: String
    let amount: Dollars

    init?(argument: String) {
        guard let amount = Dollars(argument), amount.nanodollars > 0 else { return nil }
        text = argument
        self.amount = amount
    }
}

extension ConfiguredName: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }
}

extension ObjectID: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }
}

extension CommandStatus {
    /// Ends the command with this code unless all is well.
    func throwUnlessSuccess() throws {
        if self != .success { throw ExitCode(rawValue) }
    }
}

/// A `--limit` of lists.
enum ListLimit {
    static let allowed = 1...10_000

    static func check(_ limit: Int) throws {
        guard allowed.contains(limit) else { throw ValidationError("--limit must be 1 to 10000.") }
    }
}
