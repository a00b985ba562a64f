import JSON

/// What can be changed while the simulator runs, to play a provider that has a bad day or other limits than one thinks.
struct Controls: Sendable, Equatable {
    /// Stretches every call's latency, also one that a marker asks for. 1 is as configured.
    var latencyFactor = 1.0
    /// As in the configuration.
    var limits: MinuteLimits
    var maxConcurrency: Int?
    /// The account has nothing left to spend: every call is answered `insufficient_quota`.
    var isOutOfQuota = false

    init(_ configuration: SimulatorConfiguration) {
        limits = MinuteLimits(
            requests: configuration.requestsPerMinute,
            tokens: configuration.tokensPerMinute,
            inputTokens: configuration.inputTokensPerMinute,
            outputTokens: configuration.outputTokensPerMinute,
            bucketSeconds: configuration.bucketSeconds
        )
        maxConcurrency = configuration.maxConcurrency
    }

    /// Changes what the body of `PATCH /simulator/controls` names, and nothing if any of it is wrong.
    mutating func change(_ body: [UInt8]) throws(ProviderError) {
        guard let root = (try? JSONDocument(parsing: body))?.root, root.kind == .object else {
            throw .invalidRequest("The body must be a JSON object.")
        }
        var changed = self
        for (name, value) in root.members {
            switch name {
            case "latency_factor": changed.latencyFactor = try Self.factor(value)
            case "requests_per_minute": changed.limits.requests = try Self.limit(value, name)
            case "tokens_per_minute": changed.limits.tokens = try Self.limit(value, name)
            case "input_tokens_per_minute": changed.limits.inputTokens = try Self.limit(value, name)
            case "output_tokens_per_minute": changed.limits.outputTokens = try Self.limit(value, name)
            case "max_concurrency": changed.maxConcurrency = try Self.limit(value, name)
            case "out_of_quota": changed.isOutOfQuota = try Self.flag(value, name)
            default: throw .invalidRequest("There is no control '\(name)'.", param: name)
            }
        }
        self = changed
    }

    /// The answer of `GET /simulator/controls`, and what `change` understands.
    var body: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("latency_factor")
            writer.number(text: "\(latencyFactor)")
            writer.member("requests_per_minute", limits.requests)
            writer.member("tokens_per_minute", limits.tokens)
            writer.member("input_tokens_per_minute", limits.inputTokens)
            writer.member("output_tokens_per_minute", limits.outputTokens)
            writer.member("max_concurrency", maxConcurrency)
            writer.member("out_of_quota", isOutOfQuota)
        }
        return writer.bytes
    }

    private static func factor(_ value: JSONValue) throws(ProviderError) -> Double {
        guard let factor = value.double, (0...1000).contains(factor) else {
            throw .invalidRequest("'latency_factor' must be a number from 0 to 1000.", param: "latency_factor")
        }
        return factor
    }

    private static func limit(_ value: JSONValue, _ name: String) throws(ProviderError) -> Int? {
        if value.isNull { return nil }
        guard let number = value.int64, (1...1_000_000_000_000).contains(number) else {
            throw .invalidRequest("'\(name)' must be null or a whole number of at least 1.", param: name)
        }
        return Int(number)
    }

    private static func flag(_ value: JSONValue, _ name: String) throws(ProviderError) -> Bool {
        guard let flag = value.bool else { throw .invalidRequest("'\(name)' must be true or false.", param: name) }
        return flag
    }
}
