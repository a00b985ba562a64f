import HTTPTypes
import Penstock

/// Takes one job in for a caller: creates it once, however often it is asked for, and counts it.
struct JobSubmission: Sendable {
    let admission: JobAdmission
    let creations: Creations
    let metrics: IntakeMetrics

    /// A job that was taken in, now or by the same request before.
    enum Accepted {
        /// With how long it will probably take to start.
        case new(Job, expectedStart: Duration?)
        case earlier(FoundJob)
    }

    /// - Parameters:
    ///   - scope: what is created, for idempotency keys.
    ///   - body: of the request, by which a repetition is known.
    ///   - headers: may mark the request as a repetition.
    ///   - now: when the request came; its deadline was reckoned from it.
    /// - Throws: 429 for a job that is refused, and what `JobAdmission.admit` throws.
    func submit(
        _ order: JobRequest,
        as scope: String,
        body: [UInt8],
        headers: HTTPFields,
        at now: Timestamp,
        for context: AuthenticatedContext
    ) async throws -> Accepted {
        let admitted = try await admission.admit(order, of: context.tenant, at: now) { fresh in
            try await creations.place(
                scope,
                key: order.idempotencyKey,
                headers: headers,
                of: context.tenant,
                fresh: fresh,
                hash: order.headers.hash(with: hexadecimalSHA256(body)),
                exchange: context.exchange
            )
        }
        switch admitted {
        case .new(let job, let expectedStart):
            metrics.acceptedJob(job.jobClass)
            return .new(job, expectedStart: expectedStart)
        case .earlier(let found): return .earlier(found)
        case .refused(let refusal):
            metrics.refusedJob(refusal.reason)
            throw APIError(refusal, deadline: order.deadline.since(now))
        }
    }
}
