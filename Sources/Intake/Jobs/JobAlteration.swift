import HTTPTypes
import Penstock

/// Changes class or deadline of a job that has not ended. A call that runs keeps what it began with.
struct JobAlteration: Sendable {
    /// A job may move between a look and a change, again and again.
    private static let tries = 5

    let finder: JobFinder
    let epochs: EpochDirectory
    let topology: Topology

    /// - Returns: the job as it is then.
    /// - Throws: 404, also for a line of a batch; 409 when the job has ended; 410.
    func apply(_ change: JobChange, to id: JobID, of tenant: TenantID) async throws -> FoundJob {
        for _ in 0..<Self.tries {
            switch try await finder.find(id, of: tenant) {
            case .finished(let row):
                guard row.line == nil else { throw APIError.notFound("job") }
                throw APIError(.conflict, code: "job_finished", "The job is \(row.state.rawValue) already.")
            case .live(let status):
                guard status.job.line == nil else { throw APIError.notFound("job") }
            case .accepted(let job): try await bringIn(job)
            }
            if try await reaches(id, change) { return try await finder.find(id, of: tenant) }
        }
        throw QueueUnavailable("the job kept moving")
    }

    /// An accepted job that its queue does not have now is changed there, like any other.
    private func bringIn(_ job: Job) async throws {
        guard let pool = topology.pool(forModel: job.model) else { return }
        for queue in epochs.all where queue.pool == pool.name { try await queue.enqueue([job]) }
    }

    private func reaches(_ id: JobID, _ change: JobChange) async throws -> Bool {
        if let epoch = id.epoch, let home = try await epochs.queue(of: epoch),
            try await home.change([id], change) > 0
        {
            return true
        }
        // Without a home every queue is asked: the epoch may have been replaced while the job was on its way.
        for queue in epochs.all where try await queue.change([id], change) > 0 { return true }
        return false
    }
}
