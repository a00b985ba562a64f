import Intake
import Penstock
import Providers
import Testing

@testable import Assembly

@Suite struct SettingsTests {
    private static let pool = """
        pools:
          mini:
            limit_groups: {account: {requests_per_minute: 500, tokens_per_minute: 200000}}
            targets:
              one:
                base_url: "https://api.example.com/v1/"
                api_key_env: KEY
                limit_groups: [account]
                price: {input_per_million: "0.15", output_per_million: "0.60"}
        routes: {small: mini}
        """

    private func read(_ yaml: String, _ environment: [String: String] = [:]) throws -> Settings {
        let secrets = SecretSource(variable: { $0 == "KEY" ? "sk-1" : nil }, file: { _ in nil })
        return try Settings(yaml: yaml, environment: environment, secrets: secrets)
    }

    @Test func defaultsHoldForAnEmptyFile() throws {
        let settings = try read("")
        #expect(settings.intake.port == 8080)
        #expect(settings.worker.scaling == ScalingBounds(most: 64, slots: 256))
        #expect(settings.allowDataLoss == false)
        #expect(settings.topology.pools.isEmpty)
    }

    @Test func connectionsAreBoundedByDefault() throws {
        let settings = try read("")
        #expect(settings.intake.maxConnections == nil && settings.intake.maxConnectionsPerAddress == nil)
        #expect(settings.intake.maxRequestsPerTenant == nil)
        #expect(settings.operations.maxConnections == 32)
        let bounded = try read("intake: {max_connections: 500, max_connections_per_address: 20}")
        #expect(bounded.intake.maxConnections == 500 && bounded.intake.maxConnectionsPerAddress == 20)
    }

    @Test func certificatesComeWithTheirKeys() throws {
        #expect(try read("").intake.tls == nil)
        let settings = try read("intake: {certificate_file: a.pem, key_file: a.key}")
        #expect(settings.intake.tls == ServerTLSFiles(certificate: "a.pem", key: "a.key"))
        #expect(settings.operations.tls == nil)
        #expect(throws: SettingsError.self) { try read("operations: {key_file: a.key}") }
    }

    @Test func theEnvironmentOverridesTheFile() throws {
        let settings = try read("intake: {port: 1234}", ["PENSTOCK_INTAKE_PORT": "4321"])
        #expect(settings.intake.port == 4321)
    }

    @Test func aTopologyIsRead() throws {
        let settings = try read(Self.pool)
        let pool = try #require(settings.topology.pool(forModel: "small"))
        let target = try #require(pool.targets.first)
        #expect(target.baseURL == "https://api.example.com/v1")
        #expect(target.apiKey == Secret("sk-1"))
        #expect(target.price?.input == Picodollars(150_000))
        #expect(pool.limitGroups == [LimitGroup(name: "account", requestsPerMinute: 500, tokensPerMinute: 200_000)])
        #expect(settings.topology.pool(forModel: "other") == nil)
    }

    @Test func aSupervisorKeepsNoCredentials() throws {
        var settings = try read(Self.pool)
        #expect(settings.credentialVariables == ["KEY"])
        settings.forgetCredentials()
        #expect(settings.topology.pools.flatMap(\.targets).allSatisfy { $0.apiKey == nil })
    }

    @Test func adaptersSayWhatATargetServes() throws {
        let adapted = Self.pool.replacing("api_key_env: KEY", with: "adapter: anthropic")
        var settings = try read(adapted)
        try settings.loadAdapters()
        let pool = try #require(settings.topology.pool(forModel: "small"))
        #expect(pool.serves(.chatCompletions) && pool.serves(.messages) && !pool.serves(.embeddings))
        #expect(pool.targets.map(\.nativeEndpoints) == [[.messages]])
        var plain = try read(Self.pool)
        try plain.loadAdapters()
        #expect(plain.topology.pools[0].serves(.embeddings))
        #expect(plain.topology.pools[0].targets.map(\.nativeEndpoints) == [Target.passThroughEndpoints])
    }

    @Test func headersThatArePassedOnAreSettable() throws {
        #expect(try read("").intake.headers == HeaderRules(anthropic: ["anthropic-beta"], openAI: ["openai-beta"]))
        let settings = try read("intake: {anthropic_headers: 'Anthropic-Beta, X-Lab', openai_headers: ''}")
        #expect(settings.intake.headers == HeaderRules(anthropic: ["anthropic-beta", "x-lab"], openAI: []))
    }

    @Test(arguments: [
        ("provider: anthropic", "anthropic", "anthropic"), ("adapter: anthropic", "anthropic", "anthropic"),
        ("provider: openai", "openai", "openai"), ("model: m", "openai", "openai"),
        ("provider: groq", "groq", "openai"), ("{provider: groq, adapter: anthropic}", "groq", "anthropic"),
    ])
    func theFamilyFollowsFromTheProvidersName(_ keys: String, _ provider: String, _ adapter: String) throws {
        let keys = keys.trimmingPrefix("{").replacing("}", with: "").replacing(", ", with: "\n        ")
        var settings = try read(Self.pool.replacing("api_key_env: KEY", with: keys))
        try settings.loadAdapters()
        let target = try #require(settings.topology.pools.first?.targets.first)
        #expect(target.provider == provider && target.adapter == adapter)
    }

    @Test(arguments: [("anthropic", "openai"), ("openai", "anthropic")])
    func aContradictionIsAnError(_ provider: String, _ adapter: String) throws {
        let keys = "provider: \(provider)\n        adapter: \(adapter)"
        var settings = try read(Self.pool.replacing("api_key_env: KEY", with: keys))
        let error = #expect(throws: SettingsError.self) { try settings.loadAdapters() }
        #expect(error?.description.contains("pools.mini.targets.one") == true)
    }

    @Test func geminisOwnAPINeedsAnAdapter() throws {
        let native = Self.pool.replacing("api.example.com/v1/", with: "generativelanguage.googleapis.com/v1beta")
        var settings = try read(native)
        #expect(throws: SettingsError.self) { try settings.loadAdapters() }
        var compatible = try read(native.replacing("/v1beta", with: "/v1beta/openai"))
        try compatible.loadAdapters()
    }

    @Test(arguments: [
        (adapter: "gemini", directory: "", says: "gemini"),
        (adapter: "openai", directory: "/nowhere", says: "/nowhere"),
    ])
    func anAdapterThatIsNotThereIsNamed(adapter: String, directory: String, says: String) throws {
        let yaml = Self.pool.replacing("api_key_env: KEY", with: "adapter: \(adapter)")
        var settings = try read(yaml, ["PENSTOCK_ADAPTERS_DIRECTORY": directory])
        let error = #expect(throws: SettingsError.self) { try settings.loadAdapters() }
        #expect(error?.description.contains(says) == true)
    }

    @Test(arguments: [
        ("intake: {prot: 1}", "intake.prot"),
        ("intak: {port: 1}", "intak"),
        ("intake: {port: 70000}", "intake.port"),
        ("intake: {port: many}", "intake.port"),
        ("intake: [1]", "intake"),
        ("intake: {openai_headers: 'OpenAI-Beta, X-Api-Key'}", "intake.openai_headers`: `x-api-key"),
        ("intake: {anthropic_headers: Content-Type}", "intake.anthropic_headers`: `content-type"),
        ("worker: {slots: 0}", "worker.slots"),
        ("worker: {min: 3, max: 2}", "worker.min"),
        ("worker: {sets: each}", "worker.sets"),
        ("worker: {processes: 2}", "worker.processes"),
        ("worker: {calls_in_flight: 2}", "worker.calls_in_flight"),
        ("redis: {allow_data_loss: perhaps}", "redis.allow_data_loss"),
        ("log: {level: loud}", "log.level"),
        ("intake: {port: 1, port: 2}", "port"),
        ("routes: {m: nowhere}", "routes.m"),
        ("pools: {p: {targets: {}}}", "pools.p.targets"),
        ("pools: {p: {targets: {t: {base_url: ftp://x}}}}", "pools.p.targets.t.base_url"),
        ("pools: {p: {targets: {t: {base_url: http://x, limit_groups: [g]}}}}", "pools.p.targets.t.limit_groups"),
        ("pools: {p: {targets: {t: {base_url: http://x, api_key_env: NONE}}}}", "pools.p.targets.t.api_key_env"),
        ("pools: {p: {targets: {t: {base_url: http://x, adapter: ../x}}}}", "pools.p.targets.t.adapter"),
        ("pools: {p: {targets: {'a|b': {base_url: http://x}}}}", "pools.p.targets.a|b"),
        ("pools: {p: {targets: {t: {base_url: http://x, price: {input_per_million: x}}}}}", "input_per_million"),
        ("pools: {p: {max_jobs: 0, targets: {t: {base_url: http://x}}}}", "pools.p.max_jobs"),
        ("pools: {p: {max_bytes: -1, targets: {t: {base_url: http://x}}}}", "pools.p.max_bytes"),
        ("pools: {p: {max_tokens: 1.5, targets: {t: {base_url: http://x}}}}", "pools.p.max_tokens"),
        ("pools: {p: {token_weights: {input: 0}, targets: {t: {base_url: http://x}}}}", "pools.p.token_weights.input"),
        ("pools: {p: {token_weights: {in: 1}, targets: {t: {base_url: http://x}}}}", "pools.p.token_weights.in"),
        ("pools: {p: {limit_groups: {g: {requests_per_day: 0}}}}", "pools.p.limit_groups.g.requests_per_day"),
        ("pools: {p: {limit_groups: {g: {requests_per_minute: 0}}}}", "pools.p.limit_groups.g.requests_per_minute"),
        ("pools: {p: {limit_groups: {g: {day_starts_at: '08:00'}}}}", "pools.p.limit_groups.g.day_starts_at"),
        ("scheduler: {removed_pool_grace_seconds: -1}", "scheduler.removed_pool_grace_seconds"),
    ])
    func whatIsWrongIsNamed(_ yaml: String, _ key: String) throws {
        let error = #expect(throws: SettingsError.self) { try read(yaml) }
        #expect(error?.description.contains(key) == true, "\(error?.description ?? "")")
    }

    @Test func limitsOfEveryKindAreRead() throws {
        let settings = try read(
            """
            pools:
              p:
                token_weights: {output: 4}
                max_jobs: 1000
                max_bytes: 2000
                max_tokens: 3000
                limit_groups: {g: {requests_per_day: 1500, day_starts_at: 08:30}}
                targets:
                  t: {base_url: http://x, limit_groups: [g]}
                  u: {base_url: http://x, adaptive_concurrency: {most: 4, follows_first_byte: true}}
                  v: {base_url: http://x, adaptive_concurrency: {}}
            """
        )
        let pool = try #require(settings.topology.pools.first)
        #expect(pool.tokenWeights == TokenWeights(input: 1, output: 4))
        #expect(pool.caps == LiveCaps(jobs: 1000, bytes: 2000, tokens: 3000))
        #expect(
            pool.limitGroups == [LimitGroup(name: "g", requestsPerDay: 1500, dayStart: .seconds(8 * 3600 + 30 * 60))]
        )
        #expect(pool.target(named: "t")?.adaptiveConcurrency == nil)
        #expect(
            pool.target(named: "u")?.adaptiveConcurrency
                == AdaptiveConcurrency(initial: 4, least: 1, most: 4, followsFirstByte: true)
        )
        #expect(pool.target(named: "v")?.adaptiveConcurrency == AdaptiveConcurrency())
    }

    @Test(arguments: ["24:00", "8:00", "08:60", "08", "0800", "08:00:00", "-1:00", "٠٨:٠٠", ""])
    func aDayBeginsAtATimeOfDay(_ text: String) throws {
        let yaml = "pools: {p: {limit_groups: {g: {requests_per_day: 1, day_starts_at: '\(text)'}}}}"
        let error = #expect(throws: SettingsError.self) { try read(yaml) }
        #expect(error?.description.contains("pools.p.limit_groups.g.day_starts_at") == true)
    }

    @Test(arguments: [
        ("adaptive_concurrency: {least: 9, most: 8}", "least"),
        ("adaptive_concurrency: {initial: 9, most: 8}", "initial"),
        ("adaptive_concurrency: {least: 4, initial: 3}", "initial"),
        ("adaptive_concurrency: {least: 0}", "least"),
        ("adaptive_concurrency: {follows_first_byte: maybe}", "follows_first_byte"),
        ("adaptive_concurrency: {follow: true}", "follow"),
        ("adaptive_concurrency: 8", "adaptive_concurrency"),
        ("max_concurrency: 4, adaptive_concurrency: {}", "adaptive_concurrency"),
        ("limit_groups: [g], adaptive_concurrency: {}", "adaptive_concurrency"),
        ("limit_groups: [g, g]", "limit_groups"),
    ])
    func aTargetsConcurrencyIsOfOneKind(_ keys: String, _ key: String) throws {
        let yaml = "pools: {p: {limit_groups: {g: {}}, targets: {t: {base_url: http://x, \(keys)}}}}"
        let error = #expect(throws: SettingsError.self) { try read(yaml) }
        #expect(error?.description.contains("pools.p.targets.t.") == true)
        #expect(error?.description.contains(key) == true, "\(error?.description ?? "")")
    }

    @Test func aMisspeltVariableIsAnError() throws {
        let error = #expect(throws: SettingsError.self) { try read("", ["PENSTOCK_INTAKE_PROT": "1"]) }
        #expect(error?.description.contains("PENSTOCK_INTAKE_PROT") == true)
        // Variables of the command line and of tests are none of ours.
        _ = try read("", ["PENSTOCK_URL": "http://x", "PENSTOCK_API_KEY": "k"])
    }

    @Test func aLimitGroupBelongsToOnePool() throws {
        let target = "{base_url: http://x, limit_groups: [g]}"
        let yaml = """
            pools:
              a: {targets: {t1: \(target)}, limit_groups: {g: {}}}
              b: {targets: {t2: \(target)}, limit_groups: {g: {}}}
            """
        let error = #expect(throws: SettingsError.self) { try read(yaml) }
        #expect(error?.description.contains("limit_groups.g") == true)
    }

    @Test func aPasswordIsNotRepeatedInAnError() throws {
        let settings = try read("redis: {url: 'redis://:geheim@127.0.0.1:1/0'}")
        #expect(!"\(settings)".contains("geheim"))
    }

    @Test func theReferenceIsASettingsFile() throws {
        let yaml = SettingsReference.text
        let secrets = SecretSource(variable: { _ in "k" }, file: { _ in nil })
        let settings = try Settings(yaml: yaml, environment: [:], secrets: secrets)
        #expect(settings.intake.port == 8080)
        #expect(settings.topology.pools.count == 1)
        for definition in SettingDefinition.all { #expect(yaml.contains(definition.variable)) }
    }

    @Test func thePriceTableHasItsOwnName() throws {
        let dearer = Self.pool.replacing("0.60", with: "0.70")
        #expect(try read(Self.pool).priceVersion == read(Self.pool).priceVersion)
        #expect(try read(Self.pool).priceVersion != read(dearer).priceVersion)
    }
}

extension String {
    fileprivate func replacing(_ old: String, with new: String) -> String {
        split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
}
