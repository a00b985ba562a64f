import Penstock

/// What bounds work and how capacity is shared.
extension TopologySettings {
    private static let groupKeys = [
        "requests_per_minute", "requests_per_day", "day_starts_at", "tokens_per_minute", "input_tokens_per_minute",
        "output_tokens_per_minute", "max_concurrency",
    ]
    private static let tokensPerMinute = 1...10_000_000_000
    private static let concurrency = 1...1_000_000

    func classWeights(_ section: SettingsSection) throws(SettingsError) -> [JobClass: Int] {
        try section.refuseUnknown(JobClass.allCases.map(\.rawValue))
        var weights = Pool.defaultClassWeights
        for jobClass in JobClass.allCases {
            if let weight = try section.integer(jobClass.rawValue, 1...1000) { weights[jobClass] = weight }
        }
        return weights
    }

    func tokenWeights(_ section: SettingsSection) throws(SettingsError) -> TokenWeights {
        try section.refuseUnknown(["input", "output"])
        return TokenWeights(
            input: try section.integer("input", 1...1000) ?? 1,
            output: try section.integer("output", 1...1000) ?? 1
        )
    }

    /// The caps of what may be live in a pool.
    func caps(_ pool: SettingsSection) throws(SettingsError) -> LiveCaps {
        LiveCaps(
            jobs: try pool.integer("max_jobs", 1...1_000_000_000),
            bytes: try pool.integer("max_bytes", 1...1_000_000_000_000),
            tokens: try pool.integer("max_tokens", 1...1_000_000_000_000)
        )
    }

    func limitGroup(_ name: String, _ section: SettingsSection) throws(SettingsError) -> LimitGroup {
        try checkName(name, section.path)
        try section.refuseUnknown(Self.groupKeys)
        let perDay = try section.integer("requests_per_day", 1...1_000_000_000)
        if section.has("day_starts_at"), perDay == nil {
            throw section.error("day_starts_at", "is of no use without requests_per_day")
        }
        return LimitGroup(
            name: name,
            requestsPerMinute: try section.integer("requests_per_minute", 1...100_000_000),
            tokensPerMinute: try section.integer("tokens_per_minute", Self.tokensPerMinute),
            inputTokensPerMinute: try section.integer("input_tokens_per_minute", Self.tokensPerMinute),
            outputTokensPerMinute: try section.integer("output_tokens_per_minute", Self.tokensPerMinute),
            maxConcurrency: try section.integer("max_concurrency", Self.concurrency),
            requestsPerDay: perDay,
            dayStart: try section.timeOfDay("day_starts_at") ?? .zero
        )
    }

    func maxConcurrency(_ target: SettingsSection) throws(SettingsError) -> Int? {
        try target.integer("max_concurrency", Self.concurrency)
    }

    /// How many calls at once such a target takes is found by trying; a published limit would make it a guess.
    func adaptiveConcurrency(_ target: SettingsSection) throws(SettingsError) -> AdaptiveConcurrency? {
        guard target.has("adaptive_concurrency") else { return nil }
        for other in ["limit_groups", "max_concurrency"] where target.has(other) {
            throw target.error(
                "adaptive_concurrency",
                "does not go with \(other): it is for targets without published limits, bounded by its own `most`"
            )
        }
        let section = try target.section("adaptive_concurrency")
        try section.refuseUnknown(["initial", "least", "most", "follows_first_byte"])
        let standard = AdaptiveConcurrency()
        let least = try section.integer("least", Self.concurrency) ?? standard.least
        let most = try section.integer("most", Self.concurrency) ?? max(standard.most, least)
        guard least <= most else { throw section.error("least", "is \(least), which is more than most, \(most)") }
        let initial = try section.integer("initial", Self.concurrency) ?? min(max(standard.initial, least), most)
        guard (least...most).contains(initial) else {
            throw section.error("initial", "is \(initial), which is not from least to most, \(least) to \(most)")
        }
        return AdaptiveConcurrency(
            initial: initial,
            least: least,
            most: most,
            followsFirstByte: try section.flag("follows_first_byte") ?? standard.followsFirstByte
        )
    }
}

extension SettingsSection {
    fileprivate func flag(_ key: String) throws(SettingsError) -> Bool? {
        switch try scalar(key) {
        case nil: return nil
        case "true": return true
        case "false": return false
        case let text?: throw error(key, "is \(text.debugDescription); it must be true or false")
        }
    }

    /// `HH:MM` since midnight.
    fileprivate func timeOfDay(_ key: String) throws(SettingsError) -> Duration? {
        guard let text = try scalar(key) else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.allSatisfy(\.isWholeNumber) }),
            let hours = Int(parts[0]), let minutes = Int(parts[1]), hours < 24, minutes < 60
        else {
            throw error(key, "is \(text.debugDescription); it must be a time of day in UTC, such as \"08:00\"")
        }
        return .seconds(hours * 3600 + minutes * 60)
    }
}
