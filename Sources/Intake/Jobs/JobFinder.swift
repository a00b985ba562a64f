import HTTPTypes
import Penstock

/// Where a job is known.
enum FoundJob {
    case finished(TerminalRow)
    case live(JobStatus)
    /// Accepted by the ledger and not in a queue now: the scheduler brings it there.
    case accepted(Job)

    var id: JobID {
        switch self {
        case .finished(let row): row.job
        case .live(let status): status.job.id
        case .accepted(let job): job.id
        }
    }

    var endpoint: Endpoint {
        switch self {
        case .finished(let row): row.endpoint
        case .live(let status): status.job.endpoint
        case .accepted(let job): job.endpoint
        }
    }

    var tenant: TenantID {
        switch self {
        case .finished(let row): row.tenant
        case .live(let status): status.job.tenant
        case .accepted(let job): job.tenant
        }
    }
}

extension FoundJob {
    /// Bytes of its answer.
    var answerBytes: Int {
        if case .finished(let row) = self { row.answerBytes } else { 0 }
    }
}

/// Looks for a job in the ledger, in its queue, and in the ledger again, as it may end or begin in between.
struct JobFinder: Sendable {
    let ledger: any JobLedger
    let epochs: EpochDirectory

    /// - Parameter admission: asked before an answer is read.
    /// - Throws: 404, also for another tenant's job; 410 when the job went with its queue.
    func find(_ id: JobID, of tenant: TenantID, _ admission: AnswerAdmission = .all) async throws -> FoundJob {
        guard let found = try await find(id, admission) else { throw APIError.notFound("job") }
        guard found.tenant == tenant else { throw APIError.notFound("job") }
        return found
    }

    /// - Returns: nil for a job that never was, as far as anyone knows.
    /// - Throws: 410.
    func find(_ id: JobID, _ admission: AnswerAdmission = .all) async throws -> FoundJob? {
        if let row = try await ledger.terminalRow(of: id, admission) { return row.isDeleted ? nil : .finished(row) }
        guard let epoch = id.epoch, Self.isMinted(id) else { return nil }
        let home = try await epochs.queue(of: epoch)
        if let status = try await explain(id, in: home) { return .live(status) }
        if let job = try await ledger.acceptedJob(id) { return .accepted(job) }
        if let row = try await ledger.terminalRow(of: id, admission) { return row.isDeleted ? nil : .finished(row) }
        guard home == nil else { return nil }
        throw APIError(.gone, code: "lost_with_queue", "The job was lost with its queue. Send it again.")
    }

    /// Without a home every queue is asked: the epoch may have been replaced while the job was on its way.
    private func explain(_ id: JobID, in home: (any JobQueue)?) async throws -> JobStatus? {
        if let home { return try await home.explain(id) }
        for queue in epochs.all {
            if let status = try await queue.explain(id) { return status }
        }
        return nil
    }

    private static func isMinted(_ id: JobID) -> Bool {
        id.text.utf8.dropFirst(4).allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (48...57).contains(byte)
        }
    }
}
