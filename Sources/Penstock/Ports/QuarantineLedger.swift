/// Jobs that ended in quarantine, and what is needed to run them again.
///
/// The body of an accepted job that ends so stays, out of sight of everything that asks for accepted jobs, until it is
/// forgotten here.
package protocol QuarantineLedger: Sendable {
    /// A tenant's quarantined jobs, lines of batches included, newest first, after (older than) `cursor`.
    func quarantinedJobs(of tenant: TenantID, after cursor: JobID?, _ bounds: PageBounds) async throws -> [TerminalRow]

    /// The request of a quarantined single job; nil when it is not kept, or no longer.
    func quarantinedRequest(of job: JobID) async throws -> QuarantinedRequest?

    /// Once the job was made anew. Again is fine.
    func forgetQuarantinedRequest(of job: JobID) async throws

    /// What these idempotency keys of one tenant and scope were reserved for; those that were not are left out.
    func reservations(of tenant: TenantID, scope: String, keys: [String]) async throws -> [String: String]
}

extension QuarantineLedger {
    package func quarantinedJobs(of tenant: TenantID, after cursor: JobID?, limit: Int) async throws -> [TerminalRow] {
        try await quarantinedJobs(of: tenant, after: cursor, PageBounds(limit: limit))
    }
}

/// A quarantined job as it was accepted.
package struct QuarantinedRequest: Sendable, Equatable {
    /// Its `body` is `.inLedger`.
    package var job: Job
    package var body: [UInt8]

    package init(job: Job, body: [UInt8]) {
        self.job = job
        self.body = body
    }
}

extension TerminalRow {
    /// Whether it ended because workers died of it: it can be made anew.
    package var isQuarantined: Bool { state == .failed && error?.errorClass == .penstockPoison }
}

extension JobLedger {
    /// Keeps the body of a job that is about to be quarantined; a job that ends otherwise meanwhile takes it along. The
    /// body of a line is in its batch's input file.
    package func keepForRequeue(_ job: Job, pool: PoolName) async throws {
        guard job.line == nil, case .inline(let body) = job.body else { return }
        try await accept(job, body: body, pool: pool)
    }
}
