/// One LLM request as it waits and runs: what the queue holds and a worker gets.
package struct Job: Sendable, Equatable {
    package var id: JobID
    package var tenant: TenantID
    package var jobClass: JobClass
    package var deadline: Timestamp
    package var createdAt: Timestamp
    package var endpoint: Endpoint
    /// The model alias as the caller gave it; its route names the pool.
    package var model: String
    package var estimate: TokenEstimate
    package var tags: JobTags
    /// The caller's own key/value pairs, as a JSON object; empty when there are none.
    package var metadata: [UInt8]
    /// Which line of which batch this job is; nil for a single job.
    package var line: BatchLine?
    package var durability: Durability
    /// Where the caller wants to be told how this job ended; nil for lines of a batch.
    package var webhook: WebhookTarget?
    /// What the caller's headers say to the provider.
    package var headers: ProviderHeaders
    package var body: JobBody

    package init(
        id: JobID,
        tenant: TenantID,
        jobClass: JobClass,
        deadline: Timestamp,
        createdAt: Timestamp,
        endpoint: Endpoint,
        model: String,
        estimate: TokenEstimate,
        tags: JobTags = JobTags(),
        metadata: [UInt8] = [],
        line: BatchLine? = nil,
        durability: Durability = .redis,
        webhook: WebhookTarget? = nil,
        headers: ProviderHeaders = ProviderHeaders(),
        body: JobBody
    ) {
        self.id = id
        self.tenant = tenant
        self.jobClass = jobClass
        self.deadline = deadline
        self.createdAt = createdAt
        self.endpoint = endpoint
        self.model = model
        self.estimate = estimate
        self.tags = tags
        self.metadata = metadata
        self.line = line
        self.durability = durability
        self.webhook = webhook
        self.headers = headers
        self.body = body
    }
}

/// Where a request's body is while its job waits.
package enum JobBody: Sendable, Equatable {
    /// The bytes travel with the job.
    case inline([UInt8])
    /// Too large for Redis, or `durability: ledger`: kept by the ledger under the job's id.
    case inLedger
}

/// The place of a job in its batch.
package struct BatchLine: Sendable, Equatable, Hashable {
    package let batch: BatchID
    /// 1-based line number in the input file.
    package let number: Int
    /// The caller's name for the line, returned byte-identical.
    package let customID: String

    package init(batch: BatchID, number: Int, customID: String) {
        self.batch = batch
        self.number = number
        self.customID = customID
    }
}

/// How urgent work is; each class has a guaranteed share, and an API key says which classes it may use.
package enum JobClass: String, Sendable, CaseIterable, Hashable {
    case interactive, standard, batch
}

/// What an accepted job survives.
package enum Durability: String, Sendable, CaseIterable {
    /// As durable as the Redis configuration.
    case redis
    /// Written to the ledger before it is acknowledged: survives the loss of Redis.
    case ledger
}

/// What costs are broken down by, beyond tenant and model.
package struct JobTags: Sendable, Equatable {
    package var feature: String?
    package var customer: String?

    package init(feature: String? = nil, customer: String? = nil) {
        self.feature = feature
        self.customer = customer
    }

    package var isEmpty: Bool { feature == nil && customer == nil }
}

/// The provider API a request is for.
package enum Endpoint: String, Sendable, CaseIterable {
    case chatCompletions = "/v1/chat/completions"
    case completions = "/v1/completions"
    case embeddings = "/v1/embeddings"
    case responses = "/v1/responses"
    /// Anthropic's; the others are OpenAI's.
    case messages = "/v1/messages"

    /// The path without the version prefix, as it is appended to a target's base URL.
    package var pathBelowVersion: String { String(rawValue.dropFirst(3)) }
}

/// Tokens a request is expected to use; settled with actual usage later.
package struct TokenEstimate: Sendable, Equatable {
    package var input: Int
    package var output: Int
    /// Whether the caller named no cap, so that `output` is only what is usual.
    package var isOutputGuessed: Bool

    package init(input: Int, output: Int, isOutputGuessed: Bool = false) {
        self.input = input
        self.output = output
        self.isOutputGuessed = isOutputGuessed
    }
}
