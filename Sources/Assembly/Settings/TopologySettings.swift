import Penstock

/// Reads `pools` and `routes`: names are the operator's, so these sections have no fixed keys at the top.
struct TopologySettings {
    private static let targetKeys = [
        "provider", "adapter", "base_url", "api_key_env", "api_key_file", "model", "limit_groups", "max_concurrency",
        "adaptive_concurrency", "timeout_seconds", "price",
    ]
    private static let priceKeys = [
        "input_per_million", "cached_input_per_million", "cache_write_per_million", "output_per_million",
    ]
    private static let poolKeys = [
        "targets", "limit_groups", "class_weights", "token_weights", "max_jobs", "max_bytes", "max_tokens",
    ]

    /// Where secrets come from; nil leaves them out, for roles that call no provider.
    let secrets: SecretSource?

    func read(_ root: SettingsSection) throws(SettingsError) -> Topology {
        let section = try root.section("pools")
        var pools: [Pool] = []
        for name in section.keys { pools.append(try pool(name, section.section(name))) }
        try checkNames(pools)
        return Topology(pools: pools, routes: try routes(root.section("routes"), pools))
    }

    private func pool(_ name: String, _ section: SettingsSection) throws(SettingsError) -> Pool {
        try checkName(name, section.path)
        try section.refuseUnknown(Self.poolKeys)
        let groups = try section.section("limit_groups")
        var limitGroups: [LimitGroup] = []
        for name in groups.keys { limitGroups.append(try limitGroup(name, groups.section(name))) }
        let targets = try section.section("targets")
        var read: [Target] = []
        for name in targets.keys {
            read.append(try target(name, targets.section(name), groups: limitGroups.map(\.name)))
        }
        guard !read.isEmpty else { throw section.error("targets", "must name at least one target") }
        return Pool(
            name: PoolName(name),
            targets: read,
            limitGroups: limitGroups,
            classWeights: try classWeights(section.section("class_weights")),
            tokenWeights: try tokenWeights(section.section("token_weights")),
            caps: try caps(section)
        )
    }

    private func target(_ name: String, _ section: SettingsSection, groups: [String]) throws(SettingsError) -> Target {
        try checkName(name, section.path)
        try section.refuseUnknown(Self.targetKeys)
        let limitGroups = try groupNames(section, known: groups)
        let provider = try section.scalar("provider")
        let adapter = try adapter(section, of: provider)
        return Target(
            name: name,
            provider: provider ?? KnownFamilies.provider(of: adapter),
            baseURL: try baseURL(section),
            apiKey: try apiKey(section),
            model: try section.scalar("model"),
            limitGroups: limitGroups,
            maxConcurrency: try maxConcurrency(section),
            timeout: .seconds(try section.integer("timeout_seconds", 1...3600) ?? 300),
            price: try price(section),
            adapter: adapter,
            adaptiveConcurrency: try adaptiveConcurrency(section)
        )
    }

    private func groupNames(_ section: SettingsSection, known: [String]) throws(SettingsError) -> [String] {
        let names = try section.list("limit_groups")
        for (place, name) in names.enumerated() {
            guard known.contains(name) else {
                throw section.error(
                    "limit_groups",
                    "names \(name.debugDescription), which is not a limit group of its pool"
                )
            }
            guard names.firstIndex(of: name) == place else {
                throw section.error("limit_groups", "names \(name.debugDescription) twice")
            }
        }
        return names
    }

    private func adapter(_ section: SettingsSection, of provider: String?) throws(SettingsError) -> String {
        let name = try section.scalar("adapter") ?? KnownFamilies.adapter(of: provider)
        try checkName(name, "\(section.path).adapter")
        return name
    }

    private func baseURL(_ section: SettingsSection) throws(SettingsError) -> String {
        var url = try section.scalar("base_url") ?? ""
        while url.hasSuffix("/") { url.removeLast() }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw section.error("base_url", "must be an http:// or https:// URL up to and including the version")
        }
        return url
    }

    private func price(_ section: SettingsSection) throws(SettingsError) -> TokenPrice? {
        guard section.has("price") else { return nil }
        let price = try section.section("price")
        try price.refuseUnknown(Self.priceKeys)
        guard let input = try price.usd("input_per_million"), let output = try price.usd("output_per_million") else {
            throw section.error("price", "needs input_per_million and output_per_million")
        }
        return TokenPrice(
            input: input,
            cachedInput: try price.usd("cached_input_per_million"),
            cacheWrite: try price.usd("cache_write_per_million"),
            output: output
        )
    }

    private func routes(_ section: SettingsSection, _ pools: [Pool]) throws(SettingsError) -> [String: PoolName] {
        var routes: [String: PoolName] = [:]
        for model in section.keys {
            let pool = try section.scalar(model) ?? ""
            guard pools.contains(where: { $0.name.text == pool }) else {
                throw section.error(model, "names the pool \(pool.debugDescription), which does not exist")
            }
            routes[model] = PoolName(pool)
        }
        return routes
    }

    /// Targets and limit groups are named in Redis and in cost rows, so their names are unique over all pools; a limit
    /// group belongs to exactly one pool.
    private func checkNames(_ pools: [Pool]) throws(SettingsError) {
        let lists = [
            ("targets", pools.flatMap { $0.targets.map(\.name) }),
            ("limit_groups", pools.flatMap { $0.limitGroups.map(\.name) }),
        ]
        for (key, names) in lists {
            var seen: Set<String> = []
            for name in names where !seen.insert(name).inserted {
                throw SettingsError("setting `pools.*.\(key).\(name)` stands in two pools; names must be unique")
            }
        }
    }

    /// Names stand in Redis fields, metric labels and scripts' records.
    func checkName(_ name: String, _ path: String) throws(SettingsError) {
        let isValid =
            (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
                case UInt8(ascii: "."): true
                default: false
                }
            }
        guard isValid else {
            throw SettingsError("setting `\(path)`: a name is 1 to 64 letters, digits, `_`, `-` and `.`")
        }
    }
}

extension SettingsSection {
    func integer(_ key: String, _ range: ClosedRange<Int>) throws(SettingsError) -> Int? {
        guard let text = try scalar(key) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw error(
                key,
                "is \(text.debugDescription); it must be a whole number from "
                    + "\(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }

    func usd(_ key: String) throws(SettingsError) -> Picodollars? {
        guard let text = try scalar(key) else { return nil }
        guard let price = Picodollars(usdPerMillion: text) else {
            throw error(key, "is \(text.debugDescription); it must be US dollars per million tokens, such as \"0.15\"")
        }
        return price
    }
}
