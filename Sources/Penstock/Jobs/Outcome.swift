/// How a job ended. Exactly one per job; it never changes.
package enum TerminalState: String, Sendable, CaseIterable {
    case succeeded, failed, expired, cancelled
}

/// The one decision about a job, put into the ledger if absent under the job's id.
package struct TerminalRow: Sendable, Equatable {
    package var job: JobID
    package var tenant: TenantID
    package var state: TerminalState
    package var jobClass: JobClass
    package var endpoint: Endpoint
    package var model: String
    package var line: BatchLine?
    package var tags: JobTags
    package var metadata: [UInt8]
    package var createdAt: Timestamp
    package var deadline: Timestamp
    package var finishedAt: Timestamp
    /// The provider's answer, also when it is an error; nil when no provider answered.
    package var response: ProviderResponse?
    /// Why it did not succeed; nil when it did.
    package var error: JobError?
    /// Provider calls made under leases that counted.
    package var attempts: Int
    /// Where the caller of this one job wants to be told; kept in the row's event, not read back with the row.
    package var webhook: WebhookTarget?

    package init(
        of job: Job,
        state: TerminalState,
        finishedAt: Timestamp,
        response: ProviderResponse? = nil,
        error: JobError? = nil,
        attempts: Int
    ) {
        self.job = job.id
        self.tenant = job.tenant
        self.state = state
        self.jobClass = job.jobClass
        self.endpoint = job.endpoint
        self.model = job.model
        self.line = job.line
        self.tags = job.tags
        self.metadata = job.metadata
        self.createdAt = job.createdAt
        self.deadline = job.deadline
        self.finishedAt = finishedAt
        self.response = response
        self.error = error
        self.attempts = attempts
        self.webhook = job.webhook
    }
}

extension TerminalRow {
    /// What stands in the place of a cancelled job that was deleted, whose call may still be under way: no end of it finds
    /// the place empty. Nobody is shown the job any more.
    package static let deletion = JobError(.callerDeleted, "The job was deleted by its caller.")

    package var isDeleted: Bool { error?.errorClass == .callerDeleted }
}

/// What a provider answered, as far as callers see it.
package struct ProviderResponse: Sendable, Equatable {
    package var statusCode: Int
    /// The provider's request id, or ours where it sent none.
    package var requestID: String
    /// The answer's JSON, byte-identical.
    package var body: [UInt8]

    package init(statusCode: Int, requestID: String, body: [UInt8]) {
        self.statusCode = statusCode
        self.requestID = requestID
        self.body = body
    }
}

/// Why a job did not succeed: a class from the closed vocabulary and a sentence for people.
package struct JobError: Sendable, Equatable {
    package var errorClass: ErrorClass
    package var message: String

    package init(_ errorClass: ErrorClass, _ message: String) {
        self.errorClass = errorClass
        self.message = message
    }
}

/// The ledger's answer to a terminal row that was put if absent.
package enum Decision: Sendable, Equatable {
    /// The row is the job's outcome.
    case won
    /// The job had ended before; this is how. The caller follows it.
    case lost(to: TerminalState)
}
