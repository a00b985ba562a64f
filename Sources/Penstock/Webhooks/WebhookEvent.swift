import JSON

/// What callers are told by webhook: how a batch or a single job ended, and that an endpoint of theirs is sent nothing
/// any more. A line of a batch is never an event of its own.
package enum WebhookEventType: String, Sendable, CaseIterable, Hashable {
    case batchCompleted = "batch.completed"
    case batchFailed = "batch.failed"
    case batchExpired = "batch.expired"
    case batchCancelled = "batch.cancelled"
    case responseCompleted = "response.completed"
    case responseFailed = "response.failed"
    case responseCancelled = "response.cancelled"
    case responseIncomplete = "response.incomplete"
    case jobSucceeded = "job.succeeded"
    case jobFailed = "job.failed"
    case jobExpired = "job.expired"
    case jobCancelled = "job.cancelled"
    case endpointDisabled = "webhook_endpoint.disabled"

    /// The event of a job that ended in `state`.
    package init(_ state: TerminalState) {
        self =
            switch state {
            case .succeeded: .jobSucceeded
            case .failed: .jobFailed
            case .expired: .jobExpired
            case .cancelled: .jobCancelled
            }
    }

    /// The event of a single job's end. What was asked of `/v1/responses` is told as a response, whichever API took it.
    package init(_ row: TerminalRow) {
        guard row.endpoint == .responses else {
            self.init(row.state)
            return
        }
        self =
            switch row.state {
            case .succeeded: Self.told(by: row.response?.body ?? [])
            case .failed, .expired: .responseFailed
            case .cancelled: .responseCancelled
            }
    }

    /// The event of a batch that reached `state`; nil while it goes on.
    package init?(_ state: BatchState) {
        switch state {
        case .completed: self = .batchCompleted
        case .failed: self = .batchFailed
        case .expired: self = .batchExpired
        case .cancelled: self = .batchCancelled
        case .validating, .inProgress, .finalizing, .cancelling: return nil
        }
    }

    /// The provider's response may have ended otherwise than its call.
    private static func told(by answer: [UInt8]) -> WebhookEventType {
        switch try? JSONDocument(parsing: answer).root["status"]?.string {
        case "incomplete": .responseIncomplete
        case "failed": .responseFailed
        case "cancelled": .responseCancelled
        default: .responseCompleted
        }
    }
}

/// That something has come to its end, a batch or a single job, to be told to whoever asked for it.
///
/// The ledger keeps it in the very write that ends the job or the batch, and until it is dispatched.
package struct WebhookEvent: Sendable, Equatable {
    package var type: WebhookEventType
    /// The id of the batch or the job.
    package var subject: String
    package var tenant: TenantID
    /// When it ended.
    package var createdAt: Timestamp
    /// Where the caller of this one batch or job wants to be told, beside the tenant's endpoints.
    package var target: WebhookTarget?

    package init(
        type: WebhookEventType,
        subject: String,
        tenant: TenantID,
        createdAt: Timestamp,
        target: WebhookTarget?
    ) {
        self.type = type
        self.subject = subject
        self.tenant = tenant
        self.createdAt = createdAt
        self.target = target
    }

    /// The event's public name, the same at every endpoint.
    package var id: String { "evt_\(name)" }

    /// What tells the event from all others: jobs and batches end once, an endpoint may be disabled again.
    package var name: String { type == .endpointDisabled ? "\(subject)_\(createdAt.seconds)" : subject }

    /// The subject's name in the API whose words the type has.
    package var subjectName: String {
        switch type {
        case .responseCompleted, .responseFailed, .responseCancelled, .responseIncomplete:
            ResponseID.text(of: JobID(subject))
        default: subject
        }
    }
}

extension WebhookEvent {
    /// - Returns: nil for a line of a batch.
    package init?(_ row: TerminalRow) {
        guard row.line == nil else { return nil }
        self.init(
            type: WebhookEventType(row),
            subject: row.job.text,
            tenant: row.tenant,
            createdAt: row.finishedAt,
            target: row.webhook
        )
    }

    /// - Returns: nil while the batch goes on.
    package init?(_ batch: BatchRecord) {
        guard let type = WebhookEventType(batch.state), let endedAt = batch.endedAt else { return nil }
        self.init(type: type, subject: batch.id.text, tenant: batch.tenant, createdAt: endedAt, target: batch.webhook)
    }
}

/// An address given with one batch or one job, with the secret that signs what is sent there.
package struct WebhookTarget: Sendable, Equatable {
    package var url: String
    package var secret: Secret

    package init(url: String, secret: Secret) {
        self.url = url
        self.secret = secret
    }
}
