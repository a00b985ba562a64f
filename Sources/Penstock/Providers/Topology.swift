/// What the settings say about where work can go: pools of targets, their limits, and the routes to them.
package struct Topology: Sendable {
    package var pools: [Pool]
    /// Model alias → pool.
    package var routes: [String: PoolName]

    package init(pools: [Pool], routes: [String: PoolName]) {
        self.pools = pools
        self.routes = routes
    }

    package func pool(named name: PoolName) -> Pool? { pools.first { $0.name == name } }

    /// The pool that serves a model alias, or nil for an unknown model.
    package func pool(forModel model: String) -> Pool? {
        routes[model].flatMap { pool(named: $0) }
    }
}

/// Fungible targets with one queue: the bulkhead and the unit of fairness.
package struct Pool: Sendable {
    package var name: PoolName
    package var targets: [Target]
    package var limitGroups: [LimitGroup]
    package var classWeights: [JobClass: Int]
    /// What a token counts in fairness.
    package var tokenWeights: TokenWeights
    /// The most that may be live in the pool.
    package var caps: LiveCaps

    package init(
        name: PoolName,
        targets: [Target],
        limitGroups: [LimitGroup],
        classWeights: [JobClass: Int],
        tokenWeights: TokenWeights = TokenWeights(),
        caps: LiveCaps = LiveCaps()
    ) {
        self.name = name
        self.targets = targets
        self.limitGroups = limitGroups
        self.classWeights = classWeights
        self.tokenWeights = tokenWeights
        self.caps = caps
    }

    package static let defaultClassWeights: [JobClass: Int] = [.interactive: 6, .standard: 3, .batch: 1]

    package func target(named name: String) -> Target? { targets.first { $0.name == name } }

    /// Whether every target can take a job for this endpoint: a job may be sent to any of them.
    package func serves(_ endpoint: Endpoint) -> Bool { targets.allSatisfy { $0.endpoints.contains(endpoint) } }
}

/// What one input and one output token count when capacity is shared; equal by default.
package struct TokenWeights: Sendable, Equatable {
    package var input: Int
    package var output: Int

    package init(input: Int = 1, output: Int = 1) {
        self.input = input
        self.output = output
    }
}

/// How many calls at once a target without published limits gets: found by trying (AIMD).
package struct AdaptiveConcurrency: Sendable, Equatable {
    /// Calls at once to begin with.
    package var initial: Int
    package var least: Int
    package var most: Int
    /// Also go down when the first byte of answers comes later than it used to.
    package var followsFirstByte: Bool

    package init(initial: Int = 8, least: Int = 1, most: Int = 1024, followsFirstByte: Bool = false) {
        self.initial = initial
        self.least = least
        self.most = most
        self.followsFirstByte = followsFirstByte
    }
}

/// One endpoint: provider, model, region and credential, with its price.
package struct Target: Sendable {
    /// The family of targets that speak the canonical dialect themselves.
    package static let passThrough = "openai"
    /// What that family speaks by itself.
    package static let passThroughEndpoints = Set(Endpoint.allCases).subtracting([.messages])

    package var name: String
    /// The provider as OpenTelemetry names it, for cost rows and metrics.
    package var provider: String
    /// Up to and including the version, without a trailing slash: `https://api.openai.com/v1`.
    package var baseURL: String
    /// Sent as a bearer token; nil for servers that ask for none. Never logged.
    package var apiKey: Secret?
    /// What the provider calls the model; nil sends the caller's alias as it is.
    package var model: String?
    package var limitGroups: [String]
    package var maxConcurrency: Int?
    /// Nil keeps to `maxConcurrency` alone.
    package var adaptiveConcurrency: AdaptiveConcurrency?
    package var timeout: Duration
    package var price: TokenPrice?
    /// The provider family whose adapter translates for it.
    package var adapter: String
    /// What its family serves.
    package var endpoints: Set<Endpoint>
    /// What its provider speaks by itself; the rest is translated.
    package var nativeEndpoints: Set<Endpoint>

    package init(
        name: String,
        provider: String,
        baseURL: String,
        apiKey: Secret?,
        model: String?,
        limitGroups: [String],
        maxConcurrency: Int?,
        timeout: Duration,
        price: TokenPrice?,
        adapter: String = passThrough,
        endpoints: Set<Endpoint> = Set(Endpoint.allCases),
        nativeEndpoints: Set<Endpoint> = passThroughEndpoints,
        adaptiveConcurrency: AdaptiveConcurrency? = nil
    ) {
        self.name = name
        self.provider = provider
        self.baseURL = baseURL
        self.apiKey = apiKey
        self.model = model
        self.limitGroups = limitGroups
        self.maxConcurrency = maxConcurrency
        self.timeout = timeout
        self.price = price
        self.adapter = adapter
        self.endpoints = endpoints
        self.nativeEndpoints = nativeEndpoints
        self.adaptiveConcurrency = adaptiveConcurrency
    }
}

/// One published limit, shared by the targets that name it. Nil is no limit.
package struct LimitGroup: Sendable, Equatable {
    package var name: String
    package var requestsPerMinute: Int?
    /// Counted from `dayStart` on.
    package var requestsPerDay: Int?
    /// When the provider's day begins, since midnight UTC.
    package var dayStart: Duration
    /// Input and output together.
    package var tokensPerMinute: Int?
    package var inputTokensPerMinute: Int?
    package var outputTokensPerMinute: Int?
    package var maxConcurrency: Int?

    package init(
        name: String,
        requestsPerMinute: Int? = nil,
        tokensPerMinute: Int? = nil,
        inputTokensPerMinute: Int? = nil,
        outputTokensPerMinute: Int? = nil,
        maxConcurrency: Int? = nil,
        requestsPerDay: Int? = nil,
        dayStart: Duration = .zero
    ) {
        self.name = name
        self.requestsPerMinute = requestsPerMinute
        self.requestsPerDay = requestsPerDay
        self.dayStart = dayStart
        self.tokensPerMinute = tokensPerMinute
        self.inputTokensPerMinute = inputTokensPerMinute
        self.outputTokensPerMinute = outputTokensPerMinute
        self.maxConcurrency = maxConcurrency
    }
}

/// Text that must never be printed: its description is a mask.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The text itself, for the one place that sends it.
    package let revealed: String

    package init(_ text: String) {
        revealed = text
    }

    package var description: String { "***" }
    package var debugDescription: String { "***" }
}
