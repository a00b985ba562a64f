/// The durable store behind everything slow, and the judge of how a job ended. SQLite or MongoDB is behind it.
///
/// A call that returns has been committed durably. Errors are `LedgerUnavailable`: the write may or may not have
/// happened, and repeating it is safe.
package protocol Ledger: JobLedger, BatchLedger, FileLedger, TenantLedger, ControlLedger, WebhookLedger, CreationLedger,
    QuarantineLedger, RetentionLedger, QuotaLedger
{}

/// Terminal rows, attempts and what was accepted.
package protocol JobLedger: Sendable {
    /// Writes one attempt (if any) and puts the terminal row (if any) if absent, in one commit. Concurrent callers
    /// share commits.
    ///
    /// - Returns: who decided the job; `.won` when `completion` carries no terminal row.
    func record(_ completion: Completion) async throws -> Decision

    /// Puts many terminal rows if absent, in one commit; in the order of `rows`.
    func decide(_ rows: [TerminalRow]) async throws -> [Decision]

    /// - Parameter admission: asked before its answer is read.
    func terminalRow(of job: JobID, _ admission: AnswerAdmission) async throws -> TerminalRow?

    /// The attempts of one job, oldest first.
    func attempts(of job: JobID) async throws -> [AttemptRow]

    /// A tenant's finished single jobs, newest first, after (older than) `cursor`.
    func finishedJobs(of tenant: TenantID, _ selection: JobSelection, after cursor: JobID?, _ bounds: PageBounds)
        async throws -> [TerminalRow]

    /// Keeps a job that must survive the loss of Redis, body included, until its terminal row is written.
    func accept(_ job: Job, body: [UInt8], pool: PoolName) async throws

    /// The body of an accepted job; nil once it is terminal.
    func acceptedBody(of job: JobID) async throws -> [UInt8]?

    /// One accepted job that is not terminal yet; its `body` is `.inLedger`.
    func acceptedJob(_ job: JobID) async throws -> Job?

    /// Accepted jobs of a pool that are not terminal yet and older than `moment`, in the order of their ids.
    func acceptedJobs(in pool: PoolName, before moment: Timestamp, after cursor: JobID?, limit: Int) async throws
        -> [Job]

    /// Reserves an idempotency key for `id`, or answers what it was reserved for before.
    func reserve(_ key: IdempotencyKey, for id: String, at now: Timestamp) async throws -> Reservation

    /// Lets a key stand for `id` from now on if it still stands for `earlier`, which was never made.
    ///
    /// - Returns: whether it did.
    func move(_ key: IdempotencyKey, from earlier: String, to id: String) async throws -> Bool

    /// Costs of a tenant (or of all, for an admin) by what `grouping` says.
    func costs(of tenant: TenantID?, since: Timestamp?, until: Timestamp?, by grouping: CostGrouping) async throws
        -> [CostLine]
}

extension JobLedger {
    package func terminalRow(of job: JobID) async throws -> TerminalRow? { try await terminalRow(of: job, .all) }

    package func finishedJobs(of tenant: TenantID, _ selection: JobSelection, after cursor: JobID?, limit: Int)
        async throws -> [TerminalRow]
    {
        try await finishedJobs(of: tenant, selection, after: cursor, PageBounds(limit: limit))
    }

    /// The same of one state, or of all.
    package func finishedJobs(of tenant: TenantID, state: TerminalState?, after cursor: JobID?, limit: Int) async throws
        -> [TerminalRow]
    {
        try await finishedJobs(of: tenant, JobSelection(state: state), after: cursor, limit: limit)
    }
}

/// Which jobs are meant; nil is any.
package struct JobSelection: Sendable, Equatable {
    package var state: TerminalState?
    package var tags: JobTags
    /// Made at this moment or later.
    package var since: Timestamp?
    /// Made before this moment.
    package var until: Timestamp?

    package init(
        state: TerminalState? = nil,
        tags: JobTags = JobTags(),
        since: Timestamp? = nil,
        until: Timestamp? = nil
    ) {
        self.state = state
        self.tags = tags
        self.since = since
        self.until = until
    }

    /// Whether a job of these tags, made at this moment, is meant, whatever its state.
    package func includes(_ tags: JobTags, createdAt: Timestamp) -> Bool {
        (self.tags.feature == nil || self.tags.feature == tags.feature)
            && (self.tags.customer == nil || self.tags.customer == tags.customer)
            && (since.map { createdAt >= $0 } ?? true) && (until.map { createdAt < $0 } ?? true)
    }
}

/// What a worker reports when it is done with a lease.
package struct Completion: Sendable {
    package var attempt: AttemptRow?
    package var terminal: TerminalRow?

    package init(attempt: AttemptRow?, terminal: TerminalRow?) {
        self.attempt = attempt
        self.terminal = terminal
    }
}

/// A caller's idempotency key, scoped to its tenant, with the hash of what it was used for.
package struct IdempotencyKey: Sendable, Hashable {
    package var tenant: TenantID
    /// What kind of thing is created, so that one key may serve different calls: `job`, `batch`.
    package var scope: String
    package var key: String
    package var requestHash: String

    package init(tenant: TenantID, scope: String, key: String, requestHash: String) {
        self.tenant = tenant
        self.scope = scope
        self.key = key
        self.requestHash = requestHash
    }
}

/// The answer to a reserved key.
package enum Reservation: Sendable, Equatable {
    /// The key was free and now stands for the id.
    case reserved
    /// The same request came before and got this id.
    case replay(of: String)
    /// The key was used for another request.
    case conflict
}

/// How costs are summed up.
package enum CostGrouping: String, Sendable, CaseIterable {
    case total, tenant, model, feature, customer, batch, day
}

/// One line of a cost report.
package struct CostLine: Sendable, Equatable {
    /// The group's value; empty for rows without one and for the total.
    package var key: String
    package var calls: Int
    package var usage: Usage
    package var cost: Nanodollars
    /// Calls whose cost is unknown and therefore not in `cost`.
    package var unknownCosts: Int

    package init(key: String, calls: Int, usage: Usage, cost: Nanodollars, unknownCosts: Int) {
        self.key = key
        self.calls = calls
        self.usage = usage
        self.cost = cost
        self.unknownCosts = unknownCosts
    }
}

/// Batches and the rows of their lines.
package protocol BatchLedger: Sendable {
    func insert(_ batch: BatchRecord) async throws

    func batch(_ id: BatchID) async throws -> BatchRecord?

    /// Replaces a batch if its version still is `batch.version`; the stored version is one higher.
    ///
    /// - Returns: the record as stored, or nil when somebody else wrote in between.
    func replace(_ batch: BatchRecord) async throws -> BatchRecord?

    /// A tenant's batches, newest first, after (older than) `cursor`.
    func batches(of tenant: TenantID, after cursor: BatchID?, limit: Int) async throws -> [BatchRecord]

    /// A page of a tenant's batches of messages, those for the endpoint `messages`, newest first.
    func messageBatches(of tenant: TenantID, _ page: BatchPage, limit: Int) async throws -> [BatchRecord]

    /// Batches that somebody has to drive.
    func unfinishedBatches() async throws -> [BatchRecord]

    /// Which of these lines have a terminal row.
    func finishedLines(of batch: BatchID, in lines: ClosedRange<Int>) async throws -> Set<Int>

    func counts(of batch: BatchID) async throws -> BatchCounts

    /// Counts from rows; usage and cost from attempts.
    func summary(of batch: BatchID) async throws -> BatchSummary

    /// Rows of a batch in the order of their lines, after line `line`.
    func rows(of batch: BatchID, _ kind: RowKind, afterLine line: Int, _ bounds: PageBounds) async throws
        -> [TerminalRow]

    /// What callers download of these rows; a ledger may read no more than that.
    func results(of batch: BatchID, _ kind: RowKind, afterLine line: Int, _ bounds: PageBounds) async throws
        -> [BatchResult]

    /// How many bytes the lines of a view have, line feeds included.
    func outputBytes(of batch: BatchID, _ kind: RowKind) async throws -> Int64
}

extension BatchLedger {
    package func results(of batch: BatchID, _ kind: RowKind, afterLine line: Int, _ bounds: PageBounds) async throws
        -> [BatchResult]
    {
        try await rows(of: batch, kind, afterLine: line, bounds).compactMap(\.result)
    }

    package func results(of batch: BatchID, _ kind: RowKind, afterLine line: Int, limit: Int) async throws
        -> [BatchResult]
    {
        try await results(of: batch, kind, afterLine: line, PageBounds(limit: limit))
    }

    package func rows(of batch: BatchID, _ kind: RowKind, afterLine line: Int, limit: Int) async throws -> [TerminalRow]
    {
        try await rows(of: batch, kind, afterLine: line, PageBounds(limit: limit))
    }
}

/// Where a page of batches stands.
package enum BatchPage: Sendable, Equatable {
    case newest
    /// The next older ones.
    case after(BatchID)
    /// The next newer ones.
    case before(BatchID)
}

/// Files in chunks.
package protocol FileLedger: Sendable {
    /// Appends one chunk of an upload that is under way. Chunks of a file without a record are nobody's and go with
    /// time.
    func appendChunk(_ bytes: [UInt8], number: Int, of file: FileID, at now: Timestamp) async throws

    /// Makes a file visible, once all its chunks are there.
    func insert(_ file: FileRecord) async throws

    func file(_ id: FileID) async throws -> FileRecord?

    /// A tenant's files after `cursor` in the given order of creation.
    func files(of tenant: TenantID, purpose: FilePurpose?, after cursor: FileID?, newestFirst: Bool, limit: Int)
        async throws -> [FileRecord]

    /// One chunk; nil past the last. All chunks but the last have the same size, `FileChunk.size`.
    func chunk(_ number: Int, of file: FileID) async throws -> [UInt8]?

    /// Removes a file and its chunks.
    ///
    /// - Returns: false when there was none.
    func delete(_ file: FileID) async throws -> Bool

    /// Removes the chunks of an upload that came to nothing.
    func discard(upload file: FileID) async throws

    /// Removes chunks older than `moment` that belong to no file: uploads that were broken off.
    func deleteAbandonedChunks(before moment: Timestamp) async throws -> Int
}

/// How uploads are cut.
package enum FileChunk {
    /// Bytes of every chunk but the last.
    package static let size = 1 << 20
}

/// Tenants and hashed API keys.
package protocol TenantLedger: Sendable {
    /// Adds a tenant or changes its settings.
    func put(_ tenant: TenantRecord) async throws

    func tenant(_ id: TenantID) async throws -> TenantRecord?

    func tenants() async throws -> [TenantRecord]

    func insert(_ key: APIKeyRecord) async throws

    /// The key with this SHA-256 hash (hexadecimal), revoked or not.
    func apiKey(hash: String) async throws -> APIKeyRecord?

    func apiKeys(of tenant: TenantID?) async throws -> [APIKeyRecord]

    /// - Returns: false when there is no such key.
    func revokeAPIKey(_ id: String, at now: Timestamp) async throws -> Bool
}

extension TenantLedger {
    /// Inserts a key, and its tenant with default settings when it is new.
    package func issue(_ key: APIKeyRecord) async throws {
        if try await tenant(key.tenant) == nil {
            try await put(TenantRecord(id: key.tenant, policy: TenantPolicy(), createdAt: key.createdAt))
        }
        try await insert(key)
    }
}

/// A tenant's settings.
package struct TenantRecord: Sendable, Equatable {
    package var id: TenantID
    package var policy: TenantPolicy
    /// Days for which results, files and webhooks are kept; nil is as the settings say.
    package var retentionDays: Int?
    package var createdAt: Timestamp

    package init(id: TenantID, policy: TenantPolicy, retentionDays: Int? = nil, createdAt: Timestamp) {
        self.id = id
        self.policy = policy
        self.retentionDays = retentionDays
        self.createdAt = createdAt
    }
}

/// An API key, without the key: only its hash is kept.
package struct APIKeyRecord: Sendable, Equatable {
    /// The public name of the key: `key_…`.
    package var id: String
    /// SHA-256 of the key, hexadecimal.
    package var hash: String
    package var tenant: TenantID
    package var name: String
    /// May create tenants and keys and see all costs.
    package var isAdmin: Bool
    package var classes: Set<JobClass>
    package var createdAt: Timestamp
    package var revokedAt: Timestamp?

    package init(
        id: String,
        hash: String,
        tenant: TenantID,
        name: String,
        isAdmin: Bool,
        classes: Set<JobClass>,
        createdAt: Timestamp,
        revokedAt: Timestamp? = nil
    ) {
        self.id = id
        self.hash = hash
        self.tenant = tenant
        self.name = name
        self.isAdmin = isAdmin
        self.classes = classes
        self.createdAt = createdAt
        self.revokedAt = revokedAt
    }
}

/// The ledger cannot be reached or does not answer; a write may have happened and may be repeated.
package struct LedgerUnavailable: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
