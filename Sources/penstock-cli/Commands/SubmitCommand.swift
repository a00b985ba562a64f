import ArgumentParser
import JSON

struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Upload a file of requests and start a batch.",
        discussion: """
            FILE holds one request per line, as for OpenAI's Batch API:
              {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions",
               "body": {"model": "…", "messages": […]}}   (without the line break)

            Prints the batch's id on standard output; everything else goes to standard error. With --wait it follows \
            the batch to its end and prints a summary instead; Ctrl-C stops following, never the batch.

            Examples:
              penstock submit requests.jsonl --dry-run
              penstock submit requests.jsonl --tag feature=search --tag customer=acme
              penstock submit requests.jsonl --window 2h --wait --output results.jsonl
              penstock submit requests.jsonl --max-cost 5.00
              id=$(penstock submit requests.jsonl)

            Exit codes with --wait: 0 all succeeded, 2 some failed, expired or were cancelled, 3 the input is invalid.
            """
    )

    @Argument(help: "A JSON Lines file of requests.", completion: .file(extensions: ["jsonl"]))
    var file: String

    @Option(help: "The API endpoint of all requests (default: the `url` of the first line).")
    var endpoint: String?

    @Option(help: "How long the batch may take: \(WindowText.allowed).")
    var window = "24h"

    @Option(name: .customLong("class"), help: "How urgent it is: interactive, standard or batch (the default).")
    var jobClass: ClassArgument?

    @Option(
        help: ArgumentHelp(
            "feature=NAME or customer=NAME, for the breakdown of costs; repeatable.",
            valueName: "key=value"
        )
    )
    var tag: [TagArgument] = []

    @Option(help: ArgumentHelp("Kept with the batch; repeatable.", valueName: "key=value"))
    var metadata: [PairArgument] = []

    @Option(
        help: ArgumentHelp(
            "Most US dollars that the batch may cost: no request is called that could bring it over; what is left then "
                + "is cancelled.",
            valueName: "usd"
        )
    )
    var maxCost: MaxCostArgument?

    @Flag(help: "Follow the batch until it is over.")
    var wait = false

    @Flag(help: "Only check the file and estimate tokens and cost; nothing is submitted.")
    var dryRun = false

    @Option(help: "With --wait: write the results to this file.", completion: .file())
    var output: String?

    @Option(help: "Submitting again with the same key and file gives the same batch instead of a second one.")
    var idempotencyKey: String?

    @OptionGroup var progress: ProgressOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard WindowText.seconds(window) != nil else {
            throw ValidationError("--window must be \(WindowText.allowed).")
        }
        guard output == nil || wait else { throw ValidationError("--output needs --wait.") }
        guard !(wait && dryRun) else { throw ValidationError("--wait and --dry-run exclude each other.") }
        let keys = allMetadata.map(\.key)
        guard Set(keys).count == keys.count else { throw ValidationError("A --metadata key is given twice.") }
        guard Set(tag.map(\.key)).count == tag.count else { throw ValidationError("A --tag key is given twice.") }
        guard keys.count <= Submission.maxMetadata else {
            throw ValidationError("A batch has at most \(Submission.maxMetadata) metadata pairs.")
        }
        guard !metadata.contains(where: { $0.key.hasPrefix("penstock_") }) else {
            throw ValidationError(
                "--metadata keys that begin with penstock_ are reserved; use --class, --tag and --max-cost."
            )
        }
    }

    func run() async throws {
        guard !dryRun else { return try await check() }
        let endpoint =
            if let endpoint { endpoint } else { try await LineFile.firstURL(of: file) }
        try await connection.withAPI { api in
            let submission = Submission(
                api: api,
                notes: .notes,
                file: file,
                filename: file.split(separator: "/").last.map(String.init) ?? file,
                endpoint: endpoint,
                window: window,
                metadata: allMetadata,
                idempotencyKey: idempotencyKey
            )
            let batch = try await submission.run()
            try await wait ? follow(batch, api) : batch.announce(json: format.json)
        }
    }

    /// The caller's pairs and what the server reads from documented keys.
    private var allMetadata: [(key: String, value: String)] {
        var pairs = metadata.map { (key: $0.key, value: $0.value) }
        if let jobClass { pairs.append(("penstock_class", jobClass.rawValue)) }
        if !tag.isEmpty {
            pairs.append(("penstock_tags", tag.map { "\($0.key)=\($0.value)" }.joined(separator: ",")))
        }
        if let maxCost { pairs.append(("penstock_max_cost_usd", maxCost.text)) }
        return pairs
    }

    private func follow(_ created: Batch, _ api: API) async throws {
        let id = try ObjectID(checking: created.id)
        TextChannel.notes.note("Batch \(id) created; Ctrl-C stops following, not the batch.")
        let batch = try await Follower(api: api, isQuiet: progress.quiet).batch(id)
        let outcome = BatchOutcome(batch: batch, isJSON: format.json)
        try outcome.show(on: .output)
        if let output { try await save(batch, to: output, api) } else { outcome.suggest(on: .notes) }
        try batch.verdict.throwUnlessSuccess()
    }

    private func save(_ batch: Batch, to path: String, _ api: API) async throws {
        guard let fileID = batch.outputFile else {
            return TextChannel.notes.note("There are no results; \(path) was not written.".printable)
        }
        let count = try await FileDownload(api: api).toFile(ObjectID(checking: fileID), path: path)
        TextChannel.notes.note("Results are in \(path) (\(NumberText.bytes(count))).".printable)
        if batch.errorFile != nil { TextChannel.notes.note("Errors: penstock results \(batch.id) --errors".printable) }
    }

    private func check() async throws {
        let check = try await DryRun.check(file, endpoint: endpoint)
        let run = DryRun(check: check, prices: try await prices())
        if format.json {
            try TextChannel.output.foreign(run.json() + [UInt8(ascii: "\n")])
        } else {
            try run.show(on: .output)
            if let maxCost, let cost = run.cost, cost.nanodollars > maxCost.amount.nanodollars {
                TextChannel.notes.note("That is above --max-cost: what cannot be afforded would be cancelled.")
            }
        }
        try run.verdict.throwUnlessSuccess()
    }

    /// Prices if a server can be asked; checking works without one.
    private func prices() async throws -> PriceList {
        guard connection.hasKey else { return PriceList() }
        do {
            return try await connection.withAPI(retry: .never) { api in
                PriceList(models: try await api.get("/v1/models").list())
            }
        } catch let error as CLIError {
            TextChannel.notes.note("Prices are unknown: \(error.text)")
            return PriceList()
        }
    }
}
