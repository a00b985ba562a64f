import Penstock

/// One scalar setting: its place in the file, what it may be, and what it is for.
package struct SettingDefinition: Sendable {
    /// What a value may be.
    package enum Kind: Sendable {
        case text
        /// Text that may be absent.
        case optionalText
        case integer(ClosedRange<Int>)
        case flag
        case choice([String])
    }

    /// Section and name, such as `intake.port`.
    package let path: String
    package let kind: Kind
    /// As it would be written; empty for an absent text.
    package let defaultValue: String
    package let doc: String

    /// The environment variable that overrides it.
    package var variable: String { "PENSTOCK_" + path.uppercased().map { $0 == "." ? "_" : String($0) }.joined() }

    /// What an error message says is allowed.
    package var allowed: String {
        switch kind {
        case .text, .optionalText: "a text"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .flag: "true or false"
        case .choice(let values): "one of \(values.joined(separator: ", "))"
        }
    }

    /// Whether `value` is allowed.
    func accepts(_ value: String) -> Bool {
        switch kind {
        case .text: !value.isEmpty
        case .optionalText: true
        case .integer(let range): Int(value).map(range.contains) ?? false
        case .flag: value == "true" || value == "false"
        case .choice(let values): values.contains(value)
        }
    }
}

extension SettingDefinition {
    private static let ports = Kind.integer(0...65_535)

    /// Every scalar setting, in the order of the reference.
    package static let all: [SettingDefinition] =
        redis + ledger + intake + worker + scheduler + retention + webhooks + adapters + simulator + operations + log

    /// The sections that hold scalar settings.
    static let sections = Set(all.map { String($0.path.prefix { $0 != "." }) })

    private static func setting(_ path: String, _ kind: Kind, _ defaultValue: String, _ doc: String) -> Self {
        SettingDefinition(path: path, kind: kind, defaultValue: defaultValue, doc: doc)
    }

    private static let redis = [
        setting(
            "redis.url",
            .text,
            "redis://127.0.0.1:6379/0",
            "redis://[user[:password]@]host[:port][/database], or rediss:// for TLS."
        ),
        setting("redis.ca_file", .optionalText, "", "CA certificates (PEM) to verify a TLS server with."),
        setting("redis.certificate_file", .optionalText, "", "Certificate chain (PEM) to show to a TLS server."),
        setting("redis.key_file", .optionalText, "", "Private key (PEM) of redis.certificate_file."),
        setting(
            "redis.allow_data_loss",
            .flag,
            "false",
            "Start although Redis has no append-only file or may evict keys. Accepted jobs can then be lost."
        ),
        setting("redis.command_timeout_ms", .integer(100...60_000), "5000", "Longest wait for a reply."),
    ]
    private static let ledger = [
        setting(
            "ledger.url",
            .text,
            "sqlite:penstock-ledger",
            "sqlite:DIRECTORY, for one machine; mongodb://[user:password@]host[:port],…[/database][?options] or "
                + "mongodb+srv://…, for many. The database is `penstock` where none is named."
        ),
        setting(
            "ledger.mongodb_threads",
            .integer(1...64),
            "8",
            "Operations on MongoDB at once per process, each with a connection of its own."
        ),
        setting(
            "ledger.mongodb_group_writes",
            .integer(1...5000),
            "500",
            "Most completions that share a bulk write to MongoDB."
        ),
        setting(
            "ledger.mongodb_groups_in_flight",
            .integer(1...8),
            "2",
            "Bulk writes of completions to MongoDB at once per process."
        ),
    ]
    private static let intake = [
        setting("intake.host", .text, "127.0.0.1", "Address of the HTTP API."),
        setting("intake.port", ports, "8080", "Port of the HTTP API; 0 takes any and logs it."),
        setting("intake.max_body_bytes", .integer(1024...67_108_864), "4194304", "Largest JSON request body."),
        setting("intake.max_file_bytes", .integer(1024...1_073_741_824), "209715200", "Largest uploaded file."),
        setting(
            "intake.max_message_batch_bytes",
            .integer(1024...1_073_741_824),
            "268435456",
            "Largest body that creates a message batch."
        ),
        setting(
            "intake.max_bytes_in_flight",
            .integer(1_048_576...68_719_476_736),
            "134217728",
            "Bytes of request bodies and answers that an intake process holds at once; above it: 503."
        ),
        setting(
            "intake.max_bytes_in_flight_per_tenant",
            .integer(1_048_576...68_719_476_736),
            "67108864",
            "How many of these one tenant may hold; above it: 429."
        ),
        setting(
            "intake.max_page_bytes",
            .integer(65_536...1_073_741_824),
            "8388608",
            "A page of a listing of jobs ends when its answers reach this many bytes."
        ),
        setting(
            "intake.max_files_per_tenant",
            .integer(1...1_000_000_000),
            "100000",
            "Most uploaded files that one tenant keeps, inputs of message batches among them; above it: 403."
        ),
        setting(
            "intake.max_file_bytes_per_tenant",
            .integer(1...1_000_000_000_000_000),
            "53687091200",
            "Most bytes of these; above it: 403."
        ),
        setting(
            "intake.max_open_batches_per_tenant",
            .integer(1...1_000_000),
            "100",
            "Most batches of one tenant that have not ended; above it: 429."
        ),
        setting(
            "intake.max_idempotency_keys_per_tenant",
            .integer(1...1_000_000_000),
            "10000000",
            "Most idempotency keys of one tenant within retention.days; above it: 429."
        ),
        setting(
            "intake.disk_reserve_bytes",
            .integer(0...1_000_000_000_000_000),
            "0",
            "Bytes of the SQLite ledger's disk kept for results: with less free, uploads and batches are refused (503); "
                + "0 is a twentieth of the disk, at most 1 GiB."
        ),
        setting(
            "intake.idle_timeout_seconds",
            .integer(1...3600),
            "60",
            "A connection whose client sends nothing, or reads nothing of what it is sent, is closed after this."
        ),
        setting(
            "intake.max_connections",
            .integer(0...1_000_000),
            "0",
            "Most connections at once per process; 0 is what the limit of descriptors leaves, at most 10,000. An idle "
                + "one makes room for a new one; where none is idle, the new one gets 503."
        ),
        setting(
            "intake.max_connections_per_address",
            .integer(0...1_000_000),
            "0",
            "Most connections at once of one client address; 0 for no limit of its own, as behind a proxy."
        ),
        setting(
            "intake.max_requests_per_tenant",
            .integer(0...1_000_000),
            "0",
            "Most requests of one tenant under way at once per process; 0 is half of the connections."
        ),
        setting(
            "intake.max_waits_per_tenant",
            .integer(1...100_000),
            "256",
            "Most requests of one tenant that wait for the end of a job (`?wait=`) at once per process, and a quarter "
                + "of the connections."
        ),
        setting(
            "intake.max_waits",
            .integer(1...100_000),
            "2000",
            "The same of all tenants, and half of the connections."
        ),
        setting(
            "intake.min_body_bytes_per_second",
            .integer(0...1_048_576),
            "256",
            "A body that comes more slowly than this after intake.body_grace_seconds is given up; 0 for no limit."
        ),
        setting(
            "intake.body_grace_seconds",
            .integer(1...3600),
            "15",
            "How long a body may come more slowly, and how long the rest of a refused one is read."
        ),
        setting(
            "intake.certificate_file",
            .optionalText,
            "",
            "Certificate chain (PEM): the HTTP API speaks TLS. Read anew when it changes."
        ),
        setting("intake.key_file", .optionalText, "", "Private key (PEM) of intake.certificate_file."),
        setting(
            "intake.key_cache_seconds",
            .integer(0...300),
            "5",
            "How long an API key is believed unasked: the delay of a revocation."
        ),
        setting(
            "intake.anthropic_headers",
            .optionalText,
            HeaderRules().anthropic.joined(separator: ", "),
            "Headers of callers that go along with requests for /v1/messages to providers that speak it by themselves: "
                + "names, separated by commas, or \"\" for none."
        ),
        setting(
            "intake.openai_headers",
            .optionalText,
            HeaderRules().openAI.joined(separator: ", "),
            "The same of all other requests."
        ),
    ]
    private static let worker = [
        setting(
            "worker.min",
            .integer(0...1000),
            "1",
            "Fewest workers, over all machines; with 0 there are none while nothing waits."
        ),
        setting(
            "worker.max",
            .integer(1...1000),
            "64",
            "Most workers, over all machines. The same as worker.min makes it a fixed number."
        ),
        setting(
            "worker.max_per_machine",
            .integer(0...1000),
            "0",
            "Most workers that one `penstockd up` or `penstockd fleet` runs; 0 is twice the processors that it may use, "
                + "at least 2 and worker.min."
        ),
        setting("worker.slots", .integer(1...10_000), "256", "Provider calls at once per worker."),
        setting(
            "worker.sets",
            .choice(["together", "per_pool"]),
            "together",
            "together: every worker serves all pools. per_pool: each pool has workers of its own, and worker.min, max and "
                + "max_per_machine hold for each."
        ),
        setting(
            "worker.drain_target_seconds",
            .integer(1...86_400),
            "30",
            "In how long what waits should be worked off, as far as providers' limits let it: decides how many workers "
                + "there are."
        ),
        setting(
            "worker.cpu_target_percent",
            .integer(10...100),
            "70",
            "Of one processor per worker: what they use above that asks for another one."
        ),
        setting(
            "worker.scale_down_seconds",
            .integer(1...3600),
            "60",
            "There are never fewer workers than were wanted at any time in so long; and then by half per step at most."
        ),
        setting(
            "worker.lease_seconds",
            .integer(3...300),
            "10",
            "A worker that is silent so long has lost its jobs to others. The same for all processes."
        ),
        setting(
            "worker.drain_seconds",
            .integer(0...3600),
            "30",
            "How long running calls may go on after SIGTERM; then they are handed back."
        ),
        setting(
            "worker.spool_bytes",
            .integer(1024...4_294_967_296),
            "67108864",
            "Most bytes of results per pool that wait in Redis while the ledger is away; workers stop when it is reached."
        ),
        setting("worker.max_attempts", .integer(1...100), "5", "Calls per job, rate limits not counted."),
        setting("worker.first_retry_ms", .integer(1...600_000), "1000", "Upper bound of the first retry's wait."),
    ]
    private static let scheduler = [
        setting("scheduler.processes", .integer(1...16), "1", "Scheduler processes under `penstockd up`."),
        setting("scheduler.max_batch_lines", .integer(1...1_000_000), "100000", "Most requests in one batch."),
        setting(
            "scheduler.max_line_bytes",
            .integer(1024...InputReader.maxLineBytes),
            "\(InputReader.maxLineBytes)",
            "Largest request in a batch, as a line of its file."
        ),
        setting(
            "scheduler.feed_window_lines",
            .integer(10...100_000),
            "2000",
            "Most lines of one batch that wait in one pool's queue at a time."
        ),
        setting(
            "scheduler.feed_window_bytes",
            .integer(65_536...1_073_741_824),
            "16777216",
            "Most bytes of one batch that wait in one pool's queue at a time, roughly."
        ),
        setting(
            "scheduler.removed_pool_grace_seconds",
            .integer(0...31_536_000),
            "3600",
            "How long jobs of a pool that is no longer in the settings wait for it to come back; then they fail."
        ),
    ]
    private static let retention = [
        setting(
            "retention.days",
            .integer(1...36_500),
            "30",
            "How long results, files and webhooks are kept; a tenant's own `retention_days` goes before it."
        )
    ]
    private static let webhooks = [
        setting("webhooks.couriers", .integer(0...8), "1", "Courier processes under `penstockd up`; 0 sends nothing."),
        setting(
            "webhooks.allow_private_addresses",
            .flag,
            "false",
            "Send to private, loopback, link-local and reserved addresses too: whoever may register an endpoint then "
                + "reaches the network behind this machine."
        ),
        setting("webhooks.allow_http", .flag, "false", "Send to http:// URLs too."),
        setting(
            "webhooks.allow_per_job_urls",
            .flag,
            "false",
            "Let callers give a webhook with a single job or batch, beside registered endpoints."
        ),
        setting("webhooks.max_endpoints", .integer(1...1000), "20", "Most endpoints per tenant."),
        setting("webhooks.timeout_seconds", .integer(1...60), "20", "Longest attempt."),
        setting("webhooks.concurrency", .integer(1...4096), "256", "Attempts at once per courier."),
        setting(
            "webhooks.concurrency_per_destination",
            .integer(1...256),
            "8",
            "Attempts at once to one endpoint per courier; fewer while it fails."
        ),
        setting(
            "webhooks.disable_after_hours",
            .integer(1...8760),
            "120",
            "An endpoint that has taken nothing for so long is disabled, and its owner told."
        ),
        setting(
            "webhooks.retry_scale_per_mille",
            .integer(1...1000),
            "1000",
            "Shortens the waits between attempts (5 s, 5 min, 30 min, 2 h, … 24 h), and webhooks.disable_after_hours, for "
                + "tests; 1000 is the schedule."
        ),
    ]
    private static let adapters = [
        setting(
            "adapters.directory",
            .optionalText,
            "",
            "Where NAME.jq files add families for a target's `adapter` or replace built-in ones: ops/adapters.md."
        )
    ]
    private static let simulator = [
        setting("simulator.enabled", .flag, "false", "Run a simulated provider under `penstockd up`."),
        setting("simulator.host", .text, "127.0.0.1", "Address of the simulated provider."),
        setting("simulator.port", ports, "8091", "Port of the simulated provider."),
        setting("simulator.latency_ms", .integer(0...600_000), "0", "How long a call takes."),
        setting(
            "simulator.latency_sigma_percent",
            .integer(0...300),
            "0",
            "Spread of the latency around its median (lognormal); 0 for none."
        ),
        setting("simulator.latency_per_output_token_us", .integer(0...1_000_000), "0", "Added per output token."),
        setting(
            "simulator.requests_per_minute",
            .integer(0...100_000_000),
            "0",
            "A token bucket; 0 for none."
        ),
        setting(
            "simulator.tokens_per_minute",
            .integer(0...1_000_000_000),
            "0",
            "A token bucket; 0 for none."
        ),
        setting("simulator.input_tokens_per_minute", .integer(0...1_000_000_000), "0", "Input tokens alone, likewise."),
        setting(
            "simulator.output_tokens_per_minute",
            .integer(0...1_000_000_000),
            "0",
            "Output tokens alone, likewise."
        ),
        setting(
            "simulator.bucket_seconds",
            .integer(1...60),
            "60",
            "Seconds' worth of these limits that may be used at once."
        ),
        setting("simulator.max_concurrency", .integer(0...100_000), "0", "Calls at once; 0 for no limit."),
        setting("simulator.fault_500_per_mille", .integer(0...1000), "0", "Calls of a thousand answered 500."),
        setting("simulator.fault_503_per_mille", .integer(0...1000), "0", "Calls of a thousand answered 503."),
        setting(
            "simulator.fault_reset_per_mille",
            .integer(0...1000),
            "0",
            "Calls of a thousand whose connection breaks."
        ),
        setting("simulator.fault_hang_per_mille", .integer(0...1000), "0", "Calls of a thousand never answered."),
        setting(
            "simulator.fault_malformed_per_mille",
            .integer(0...1000),
            "0",
            "Calls of a thousand answered with bad JSON."
        ),
    ]
    private static let operations = [
        setting("operations.host", .text, "127.0.0.1", "Address of /metrics, /healthz and /readyz."),
        setting(
            "operations.port",
            ports,
            "9100",
            "Port of /metrics, /healthz and /readyz; 0 takes any and logs it. Under `penstockd up`: intake the port "
                + "itself, the fleet +1, schedulers from +10, workers from +20, the simulator +90, couriers from +91."
        ),
        setting(
            "operations.max_connections",
            .integer(1...10_000),
            "32",
            "Most connections at once to that port; the one that is idle longest makes room."
        ),
        setting(
            "operations.certificate_file",
            .optionalText,
            "",
            "Certificate chain (PEM): that port speaks TLS. Read anew when it changes."
        ),
        setting("operations.key_file", .optionalText, "", "Private key (PEM) of operations.certificate_file."),
    ]
    private static let log = [
        setting(
            "log.level",
            .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
            "info",
            "Least level that is logged, as JSON lines on standard error."
        )
    ]
}
