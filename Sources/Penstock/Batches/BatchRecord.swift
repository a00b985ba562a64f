/// A batch as the ledger keeps it: a document that changes by compare-and-set on `version`.
package struct BatchRecord: Sendable, Equatable {
    package var id: BatchID
    package var tenant: TenantID
    package var endpoint: Endpoint
    /// By which API it was made, whose rules it follows.
    package var dialect: BatchDialect
    package var inputFile: FileID
    /// As the caller wrote it: `24h`, `15m`.
    package var completionWindow: String
    package var createdAt: Timestamp
    package var expiresAt: Timestamp
    package var jobClass: JobClass
    package var tags: JobTags
    /// The caller's own pairs, in their order.
    package var metadata: [MetadataPair]?
    /// Where the caller of this one batch wants to be told.
    package var webhook: WebhookTarget?
    /// The most that its calls may cost; nil is no bound.
    package var maxCost: Nanodollars?
    /// How long its results are kept from its end on; nil is as long as its tenant keeps results.
    package var resultLifetime: Duration?
    /// What its caller's headers say to the providers of its lines.
    package var headers = ProviderHeaders()
    /// Since when nothing of it starts; nil while it goes on.
    package var pausedAt: Timestamp?
    package var state: BatchState = .validating
    package var inProgressAt: Timestamp?
    package var finalizingAt: Timestamp?
    package var completedAt: Timestamp?
    package var failedAt: Timestamp?
    package var expiredAt: Timestamp?
    package var cancellingAt: Timestamp?
    package var cancelledAt: Timestamp?
    /// Since when the rest cannot be afforded.
    package var maxCostReachedAt: Timestamp?
    /// Why validation failed.
    package var errors: [BatchLineError] = []
    /// Requests in the input file, once validated.
    package var total = 0
    /// Requests per pool, once validated: where the batch is fed.
    package var linesPerPool: [PoolName: Int] = [:]
    /// The model of all lines, or nil when they differ.
    package var model: String?
    /// The most that one of its lines can cost, once validated and if `maxCost` asks for it.
    package var dearestLine: Nanodollars?
    /// The terms that all its lines in the queues have; nil when that is not known.
    package var termsInQueues: BatchTerms?
    package var outputFile: FileID?
    package var errorFile: FileID?
    /// Final counts and usage; nil while rows still decide.
    package var summary: BatchSummary?
    /// The scheduler that drives the batch now, and until when it may.
    package var owner: String?
    package var ownedUntil: Timestamp?
    /// Grows by one with every write.
    package var version: Int64 = 0

    package init(
        id: BatchID,
        tenant: TenantID,
        endpoint: Endpoint,
        dialect: BatchDialect = .openAI,
        inputFile: FileID,
        completionWindow: String,
        createdAt: Timestamp,
        expiresAt: Timestamp,
        jobClass: JobClass,
        tags: JobTags,
        metadata: [MetadataPair]?,
        webhook: WebhookTarget? = nil,
        maxCost: Nanodollars? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.endpoint = endpoint
        self.dialect = dialect
        self.inputFile = inputFile
        self.completionWindow = completionWindow
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.jobClass = jobClass
        self.tags = tags
        self.metadata = metadata
        self.webhook = webhook
        self.maxCost = maxCost
    }

    /// When the batch ended; nil while it goes on.
    package var endedAt: Timestamp? {
        switch state {
        case .completed: completedAt
        case .failed: failedAt
        case .expired: expiredAt
        case .cancelled: cancelledAt
        case .validating, .inProgress, .finalizing, .cancelling: nil
        }
    }
}

/// The API by which a batch was made.
package enum BatchDialect: String, Sendable, CaseIterable {
    case openAI = "openai", anthropic

    /// Whether a bad line ends alone, as it does at Anthropic; at OpenAI it fails its batch.
    package var badLinesEndAlone: Bool { self == .anthropic }
}

/// What a caller may change while a batch goes on, and what its waiting lines have to follow.
package struct BatchTerms: Sendable, Equatable {
    package var jobClass: JobClass
    package var expiresAt: Timestamp
    package var isPaused: Bool

    package init(jobClass: JobClass, expiresAt: Timestamp, isPaused: Bool) {
        self.jobClass = jobClass
        self.expiresAt = expiresAt
        self.isPaused = isPaused
    }
}

/// One key and value of a caller's metadata.
package struct MetadataPair: Sendable, Equatable {
    package var key: String
    package var value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

/// The life of a batch, in OpenAI's words.
package enum BatchState: String, Sendable, CaseIterable {
    case validating, failed, inProgress = "in_progress", finalizing, completed, expired, cancelling, cancelled

    package var isTerminal: Bool {
        switch self {
        case .failed, .completed, .expired, .cancelled: true
        case .validating, .inProgress, .finalizing, .cancelling: false
        }
    }
}

/// One complaint about an input file.
package struct BatchLineError: Sendable, Equatable {
    package var code: String
    /// 1-based line of the input file; nil when the whole file is meant.
    package var line: Int?
    package var message: String
    package var param: String?

    package init(code: String, line: Int?, message: String, param: String? = nil) {
        self.code = code
        self.line = line
        self.message = message
        self.param = param
    }
}

/// What the rows of a batch add up to.
package struct BatchSummary: Sendable, Equatable {
    package var counts: BatchCounts
    package var usage: Usage
    package var cost: Nanodollars
    /// Calls whose cost is unknown and therefore not in `cost`.
    package var unknownCosts: Int

    package init(counts: BatchCounts, usage: Usage, cost: Nanodollars, unknownCosts: Int) {
        self.counts = counts
        self.usage = usage
        self.cost = cost
        self.unknownCosts = unknownCosts
    }
}

/// Terminal rows of a batch by state.
package struct BatchCounts: Sendable, Equatable {
    package var succeeded = 0
    package var failed = 0
    package var expired = 0
    package var cancelled = 0

    package init(succeeded: Int = 0, failed: Int = 0, expired: Int = 0, cancelled: Int = 0) {
        self.succeeded = succeeded
        self.failed = failed
        self.expired = expired
        self.cancelled = cancelled
    }

    package var finished: Int { succeeded + failed + expired + cancelled }
    /// Everything that ended without success.
    package var unsuccessful: Int { failed + expired + cancelled }

    package mutating func add(_ count: Int, _ state: TerminalState) {
        switch state {
        case .succeeded: succeeded += count
        case .failed: failed += count
        case .expired: expired += count
        case .cancelled: cancelled += count
        }
    }
}
