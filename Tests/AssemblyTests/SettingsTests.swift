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
        #expect(settings.worker.callsInFlight == 256)
        #expect(settings.allowDataLoss == false)
        #expect(settings.topology.pools.isEmpty)
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

    @Test func adaptersSayWhatATargetServes() throws {
        let adapted = Self.pool.replacing("api_key_env: KEY", with: "adapter: anthropic")
        var settings = try read(adapted)
        #expect(settings.adapters.isEmpty)
        try settings.loadAdapters()
        let pool = try #require(settings.topology.pool(forModel: "small"))
        #expect(pool.serves(.chatCompletions) && !pool.serves(.embeddings))
        #expect(!settings.adapters.isEmpty)
        var plain = try read(Self.pool)
        try plain.loadAdapters()
        #expect(plain.adapters.isEmpty && plain.topology.pools[0].serves(.embeddings))
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
        ("worker: {calls_in_flight: 0}", "worker.calls_in_flight"),
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
    ])
    func whatIsWrongIsNamed(_ yaml: String, _ key: String) throws {
        let error = #expect(throws: SettingsError.self) { try read(yaml) }
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
