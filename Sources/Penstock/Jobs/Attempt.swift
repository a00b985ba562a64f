/// One provider call and what it cost: the cost row. Every call has exactly one, keyed by its attempt id.
package struct AttemptRow: Sendable, Equatable {
    package var id: AttemptID
    package var job: JobID
    package var batch: BatchID?
    package var tenant: TenantID
    package var tags: JobTags
    package var pool: PoolName
    package var target: String
    package var provider: String
    /// The caller's model alias.
    package var model: String
    package var startedAt: Timestamp
    package var durationMilliseconds: Int64
    package var outcome: AttemptOutcome
    /// HTTP status of the answer; nil when there was none.
    package var statusCode: Int?
    /// Tokens that the provider reported; nil is unknown, which is not zero.
    package var usage: Usage?
    /// What the call cost; nil is unknown: no usage, or no price.
    package var cost: Nanodollars?
    /// Which price table held when the call was made.
    package var priceVersion: String

    package init(
        id: AttemptID,
        job: JobID,
        batch: BatchID?,
        tenant: TenantID,
        tags: JobTags,
        pool: PoolName,
        target: String,
        provider: String,
        model: String,
        startedAt: Timestamp,
        durationMilliseconds: Int64,
        outcome: AttemptOutcome,
        statusCode: Int?,
        usage: Usage?,
        cost: Nanodollars?,
        priceVersion: String
    ) {
        self.id = id
        self.job = job
        self.batch = batch
        self.tenant = tenant
        self.tags = tags
        self.pool = pool
        self.target = target
        self.provider = provider
        self.model = model
        self.startedAt = startedAt
        self.durationMilliseconds = durationMilliseconds
        self.outcome = outcome
        self.statusCode = statusCode
        self.usage = usage
        self.cost = cost
        self.priceVersion = priceVersion
    }
}

/// What became of one provider call.
package enum AttemptOutcome: Sendable, Equatable {
    case succeeded
    case failed(ErrorClass)
    /// The worker died or lost its lease: the provider may have answered and billed. Whoever reclaims the job writes
    /// this; the worker's own row, should it still come, replaces it.
    case unknown

    /// The text kept in the ledger: `succeeded`, `unknown` or the error class.
    package var text: String {
        switch self {
        case .succeeded: "succeeded"
        case .unknown: "unknown"
        case .failed(let errorClass): errorClass.rawValue
        }
    }

    /// - Returns: nil for text that no version of `text` made.
    package init?(text: String) {
        switch text {
        case "succeeded": self = .succeeded
        case "unknown": self = .unknown
        default:
            guard let errorClass = ErrorClass(rawValue: text) else { return nil }
            self = .failed(errorClass)
        }
    }
}
