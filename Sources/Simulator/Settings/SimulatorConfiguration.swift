package import Penstock

/// How the simulated provider behaves. Every default is a provider that answers at once, without limits and faults.
package struct SimulatorConfiguration: Sendable, Equatable {
    /// The address to listen on. Default `127.0.0.1`.
    package var host = "127.0.0.1"
    /// The port to listen on; 0 picks a free one, which `onListening` tells. Default 8091.
    package var port = 8091
    /// How long a call takes before its output counts. Default: nothing.
    package var latency = LatencyDistribution.fixed(.zero)
    /// Added to `latency` for every output token. Default: nothing.
    package var latencyPerOutputToken = Duration.zero
    /// Requests per minute and API key, as a token bucket that starts full. Nil, the default, is no limit.
    package var requestsPerMinute: Int?
    /// Input and output tokens per minute and API key, likewise. A call is charged what its answer's usage will say.
    package var tokensPerMinute: Int?
    /// Input tokens alone, as Anthropic limits them; no header of OpenAI's tells.
    package var inputTokensPerMinute: Int?
    /// Output tokens alone, likewise.
    package var outputTokensPerMinute: Int?
    /// Seconds in which an empty bucket of these fills up, so how much of a limit may be used at once. Default 60.
    package var bucketSeconds = 60
    /// The key that callers must present as a bearer token. Nil, the default, accepts any and none.
    package var apiKey: Secret?
    /// Calls at work at the same time; further ones are answered 503. Nil, the default, is no limit.
    package var maxConcurrency: Int?
    /// How often calls fail by themselves. Default: never.
    package var faults = FaultRates()
    /// Input tokens above which a call is answered 400 `context_length_exceeded`. Default 128,000.
    package var contextWindow = 128_000
    /// Bytes of a request above which it is answered 413. Default 16 MiB.
    package var maxBodyBytes = 16 << 20
    /// After how long a hanging call's connection is closed, if its caller does not give up before. Default 10 minutes.
    package var hangLimit = Duration.seconds(600)
    /// What `GET /v1/models` lists. Calls may name any model.
    package var models = ["gpt-4o-mini", "gpt-4o", "o4-mini", "text-embedding-3-small"]
    /// How many different bodies are remembered, to tell a repetition from a first call. Default 200,000.
    package var rememberedBodies = 200_000
    /// How many calls `GET /simulator/calls` can show. Default 20,000.
    package var rememberedCalls = 20_000

    package init() {}
}

/// How long calls take; the same request always takes equally long.
package enum LatencyDistribution: Sendable, Equatable {
    case fixed(Duration)
    /// Half of the requests take less than `median`; `sigma` is the spread of the logarithm (0.5 is usual for
    /// inference). Cut at a hundred times the median.
    case lognormal(median: Duration, sigma: Double)
}

/// Of a thousand calls, how many fail in which way. The request and how often it was seen decide, so that repeating a
/// failed request can succeed. Together they are at most 1,000; what exceeds that never happens.
package struct FaultRates: Sendable, Equatable {
    /// Answered 500.
    package var error500 = 0
    /// Answered 503.
    package var error503 = 0
    /// The connection is reset without an answer.
    package var reset = 0
    /// Never answered.
    package var hang = 0
    /// Answered 200 with JSON that ends too early.
    package var malformed = 0

    package init() {}
}
