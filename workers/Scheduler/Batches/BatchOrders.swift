import Penstock

/// Carries out, on the lines of a batch that are in the queues, what its caller changed. Everything may be repeated.
struct BatchOrders: Sendable {
    private static let jobsPerCall = 500

    private let queues: [any JobQueue]
    private let batch: BatchID

    init(_ driver: BatchDriver, _ batch: BatchID) {
        queues = Array(driver.queues.values)
        self.batch = batch
    }

    /// - Parameter known: what all lines follow already; nil when that is not known.
    func carryOut(_ wanted: BatchTerms, insteadOf known: BatchTerms?) async throws {
        let change = JobChange(
            jobClass: wanted.jobClass == known?.jobClass ? nil : wanted.jobClass,
            deadline: wanted.expiresAt == known?.expiresAt ? nil : wanted.expiresAt
        )
        if change != JobChange() {
            for queue in queues { try await apply(change, in: queue) }
        }
        if wanted.isPaused != known?.isPaused { try await setPaused(wanted.isPaused) }
    }

    func setPaused(_ isPaused: Bool) async throws {
        for queue in queues {
            var cursor: String?
            repeat {
                cursor = try await queue.setPaused(isPaused, linesOf: batch, after: cursor, limit: Self.jobsPerCall)
            } while cursor != nil
        }
    }

    private func apply(_ change: JobChange, in queue: any JobQueue) async throws {
        var cursor: String?
        repeat {
            let page = try await queue.jobs(of: batch, after: cursor, limit: Self.jobsPerCall)
            if !page.jobs.isEmpty { _ = try await queue.change(page.jobs.map(\.job.id), change) }
            cursor = page.cursor
        } while cursor != nil
    }
}
