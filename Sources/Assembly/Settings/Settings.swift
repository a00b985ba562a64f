package import Intake
import Logging
package import Penstock
package import Providers
package import Simulator

/// All settings of a process, checked.
package struct Settings: Sendable {
    package var redisURL: Secret
    /// Nil for plain TCP.
    package var redisTLS: RedisTLSSettings?
    package var allowDataLoss: Bool
    package var redisCommandTimeout: Duration
    package var ledger: LedgerSettings
    package var intake: IntakeConfiguration
    package var worker: WorkerSettings
    package var scheduler: SchedulerSettings
    package var retention: Duration
    package var webhooks: WebhookSettings
    package var simulatorEnabled: Bool
    package var simulator: SimulatorConfiguration
    package var operations: OperationsSettings
    package var logLevel: String
    package var topology: Topology
    /// The environment variables that hold credentials of targets.
    package var credentialVariables: Set<String>
    package var adaptersDirectory: String?
    /// What the targets' adapters are; empty until `loadAdapters`.
    package var adapters: AdapterLibrary
    /// Names the price table in cost rows: it changes when a price does.
    package var priceVersion: String
}

extension Settings {
    /// Workers that serve the same pools.
    package var workerSets: [WorkerSet] { WorkerSet.all(of: topology, isPerPool: worker.isPerPool) }
}

/// The `ledger` section.
package struct LedgerSettings: Sendable {
    /// `sqlite:DIRECTORY` or a MongoDB connection string, which may hold a password.
    package var url: Secret
    package var mongodbThreads: Int
    package var mongodbGroupWrites: Int
    package var mongodbGroupsInFlight: Int
}

/// What of the `redis` section concerns TLS. Paths name PEM files.
package struct RedisTLSSettings: Sendable {
    package var caFile: String?
    package var certificateFile: String?
    package var keyFile: String?

    /// - Returns: nil for a URL without TLS.
    /// - Throws: when a file is named and would not be used.
    init?(_ values: ScalarSettings) throws(SettingsError) {
        caFile = values.optionalText("redis.ca_file")
        certificateFile = values.optionalText("redis.certificate_file")
        keyFile = values.optionalText("redis.key_file")
        guard values.text("redis.url").hasPrefix("rediss://") else {
            guard caFile == nil, certificateFile == nil, keyFile == nil else {
                throw SettingsError(
                    "redis.ca_file, certificate_file and key_file need a redis.url that begins with rediss://"
                )
            }
            return nil
        }
        guard (certificateFile == nil) == (keyFile == nil) else {
            throw SettingsError("redis.certificate_file and redis.key_file belong together: one of them is missing")
        }
    }
}

/// The `worker` section.
package struct WorkerSettings: Sendable {
    /// How many there should be.
    package var scaling: ScalingBounds
    /// Most of a set on one machine; nil follows from its processors.
    package var mostPerMachine: Int?
    /// Whether each pool has workers of its own.
    package var isPerPool: Bool
    package var lease: Duration
    package var drain: Duration
    package var spoolBytes: Int
    package var retries: RetryPolicy
}

/// The `scheduler` section.
package struct SchedulerSettings: Sendable {
    package var processes: Int
    package var maxBatchLines: Int
    package var maxLineBytes: Int
    package var feedWindowLines: Int
    package var feedWindowBytes: Int
    package var removedPoolGrace: Duration
}

extension Settings {
    /// - Parameter secrets: nil leaves credentials of targets out, for roles that call no provider.
    /// - Throws: `SettingsError` that names the first wrong setting.
    package init(yaml: String, environment: [String: String], secrets: SecretSource?) throws(SettingsError) {
        let root = try SettingsSection(yaml: yaml)
        try root.refuseUnknown(SettingDefinition.sections.union(["pools", "routes"]))
        let values = try ScalarSettings(root, environment: environment)
        redisURL = Secret(values.text("redis.url"))
        redisTLS = try RedisTLSSettings(values)
        allowDataLoss = values.flag("redis.allow_data_loss")
        redisCommandTimeout = .milliseconds(values.integer("redis.command_timeout_ms"))
        ledger = LedgerSettings(values)
        intake = try IntakeConfiguration(values)
        let topologySettings = TopologySettings(secrets: secrets)
        topology = try topologySettings.read(root)
        credentialVariables = try topologySettings.credentialVariables(root)
        worker = try WorkerSettings(values, topology)
        scheduler = SchedulerSettings(values)
        retention = .seconds(values.integer("retention.days") * 86_400)
        webhooks = WebhookSettings(values)
        simulatorEnabled = values.flag("simulator.enabled")
        simulator = SimulatorConfiguration(values)
        operations = try OperationsSettings(values)
        logLevel = values.text("log.level")
        adaptersDirectory = values.optionalText("adapters.directory")
        adapters = AdapterLibrary()
        priceVersion = PriceVersion.of(topology)
    }
}

extension Settings {
    /// Reads and compiles the adapters that targets name, and notes what they serve.
    ///
    /// - Throws: `SettingsError` that says what is wrong with which one.
    mutating func loadAdapters() throws(SettingsError) {
        let names = Set(topology.pools.flatMap { $0.targets.map(\.adapter) })
        do {
            adapters = try AdapterLibrary(names, directory: adaptersDirectory)
        } catch {
            throw SettingsError("settings `pools.*.targets.*.adapter` and `adapters.directory`: \(error)")
        }
        try checkFamilies()
        for pool in topology.pools.indices {
            for target in topology.pools[pool].targets.indices {
                let family = topology.pools[pool].targets[target].adapter
                topology.pools[pool].targets[target].endpoints = adapters.endpoints(of: family)
                topology.pools[pool].targets[target].nativeEndpoints = adapters.nativeEndpoints(of: family)
            }
        }
    }
}

extension IntakeConfiguration {
    init(_ values: ScalarSettings) throws(SettingsError) {
        self.init(
            host: values.text("intake.host"),
            port: values.integer("intake.port"),
            maxBodyBytes: values.integer("intake.max_body_bytes"),
            maxFileBytes: values.integer("intake.max_file_bytes"),
            maxMessageBatchBytes: values.integer("intake.max_message_batch_bytes"),
            maxBatchLines: values.integer("scheduler.max_batch_lines"),
            maxLineBytes: values.integer("scheduler.max_line_bytes"),
            maxBytesInFlight: values.integer("intake.max_bytes_in_flight"),
            maxBytesInFlightPerTenant: values.integer("intake.max_bytes_in_flight_per_tenant"),
            maxPageBytes: values.integer("intake.max_page_bytes"),
            quotas: TenantQuotas(
                files: values.integer("intake.max_files_per_tenant"),
                fileBytes: Int64(values.integer("intake.max_file_bytes_per_tenant")),
                openBatches: values.integer("intake.max_open_batches_per_tenant"),
                idempotencyKeys: values.integer("intake.max_idempotency_keys_per_tenant")
            ),
            diskReserveBytes: values.limit("intake.disk_reserve_bytes").map(Int64.init),
            idleTimeout: .seconds(values.integer("intake.idle_timeout_seconds")),
            maxRequestsPerTenant: values.limit("intake.max_requests_per_tenant"),
            maxWaitsPerTenant: values.integer("intake.max_waits_per_tenant"),
            maxWaits: values.integer("intake.max_waits"),
            maxConnections: values.limit("intake.max_connections"),
            maxConnectionsPerAddress: values.limit("intake.max_connections_per_address"),
            bodyPace: BodyPace(
                minBytesPerSecond: values.integer("intake.min_body_bytes_per_second"),
                grace: .seconds(values.integer("intake.body_grace_seconds"))
            ),
            tls: try ServerTLSFiles(values, section: "intake"),
            keyCacheSeconds: values.integer("intake.key_cache_seconds"),
            headers: try HeaderRules(values),
            webhooks: WebhookRules(
                allowsHTTP: values.flag("webhooks.allow_http"),
                allowsOwnTargets: values.flag("webhooks.allow_per_job_urls"),
                maxEndpoints: values.integer("webhooks.max_endpoints")
            ),
            version: PenstockVersion.text
        )
    }
}

extension LedgerSettings {
    init(_ values: ScalarSettings) {
        url = Secret(values.text("ledger.url"))
        mongodbThreads = values.integer("ledger.mongodb_threads")
        mongodbGroupWrites = values.integer("ledger.mongodb_group_writes")
        mongodbGroupsInFlight = values.integer("ledger.mongodb_groups_in_flight")
    }
}

extension WorkerSettings {
    init(_ values: ScalarSettings, _ topology: Topology) throws(SettingsError) {
        scaling = ScalingBounds(
            least: values.integer("worker.min"),
            most: values.integer("worker.max"),
            slots: values.integer("worker.slots"),
            drainTarget: .seconds(values.integer("worker.drain_target_seconds")),
            cpuTarget: Double(values.integer("worker.cpu_target_percent")) / 100,
            window: .seconds(values.integer("worker.scale_down_seconds")),
            longestCall: topology.pools.flatMap(\.targets).map(\.timeout).max() ?? .seconds(300)
        )
        guard scaling.least <= scaling.most else {
            throw SettingsError("worker.min (\(scaling.least)) is more than worker.max (\(scaling.most))")
        }
        mostPerMachine = values.limit("worker.max_per_machine")
        isPerPool = values.text("worker.sets") == "per_pool"
        lease = .seconds(values.integer("worker.lease_seconds"))
        drain = .seconds(values.integer("worker.drain_seconds"))
        spoolBytes = values.integer("worker.spool_bytes")
        retries = RetryPolicy(
            maxAttempts: values.integer("worker.max_attempts"),
            firstWait: .milliseconds(values.integer("worker.first_retry_ms"))
        )
    }
}

extension SchedulerSettings {
    init(_ values: ScalarSettings) {
        processes = values.integer("scheduler.processes")
        maxBatchLines = values.integer("scheduler.max_batch_lines")
        maxLineBytes = values.integer("scheduler.max_line_bytes")
        feedWindowLines = values.integer("scheduler.feed_window_lines")
        feedWindowBytes = values.integer("scheduler.feed_window_bytes")
        removedPoolGrace = .seconds(values.integer("scheduler.removed_pool_grace_seconds"))
    }
}

extension SimulatorConfiguration {
    init(_ values: ScalarSettings) {
        self.init()
        host = values.text("simulator.host")
        port = values.integer("simulator.port")
        let median = Duration.milliseconds(values.integer("simulator.latency_ms"))
        let sigma = values.integer("simulator.latency_sigma_percent")
        latency = sigma == 0 ? .fixed(median) : .lognormal(median: median, sigma: Double(sigma) / 100)
        latencyPerOutputToken = .microseconds(values.integer("simulator.latency_per_output_token_us"))
        requestsPerMinute = values.limit("simulator.requests_per_minute")
        tokensPerMinute = values.limit("simulator.tokens_per_minute")
        inputTokensPerMinute = values.limit("simulator.input_tokens_per_minute")
        outputTokensPerMinute = values.limit("simulator.output_tokens_per_minute")
        bucketSeconds = values.integer("simulator.bucket_seconds")
        maxConcurrency = values.limit("simulator.max_concurrency")
        faults.error500 = values.integer("simulator.fault_500_per_mille")
        faults.error503 = values.integer("simulator.fault_503_per_mille")
        faults.reset = values.integer("simulator.fault_reset_per_mille")
        faults.hang = values.integer("simulator.fault_hang_per_mille")
        faults.malformed = values.integer("simulator.fault_malformed_per_mille")
    }
}

/// The version that programs and the API tell.
package enum PenstockVersion {
    package static let text = "0.1.0"
}

/// A short name for a table of prices.
enum PriceVersion {
    /// FNV-1a over names and prices, so that equal tables have equal names on all machines.
    static func of(_ topology: Topology) -> String {
        let lines = topology.pools.flatMap(\.targets).map { target in
            "\(target.name)=\(target.price.map(text) ?? "")"
        }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in lines.sorted().joined(separator: ";").utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        return "p-" + String(hash, radix: 16)
    }

    private static func text(_ price: TokenPrice) -> String {
        let write = price.cacheWrite.map { "/w\($0.value)" } ?? ""
        return "\(price.input.value)/\(price.cachedInput?.value ?? -1)/\(price.output.value)\(write)"
    }
}
