import Logging
import Penstock
import Telemetry

/// What keeps queue and ledger in step over time.
struct Upkeep: Sendable {
    /// Younger accepted jobs are still on their way from intake to the queue.
    private static let acceptedAge = Duration.seconds(10)
    private static let uploadAge = Duration.seconds(24 * 3600)
    private static let page = 500

    let dependencies: SchedulerDependencies
    let logger: Logger

    /// Enqueues accepted jobs that the queue does not know: it was lost, or intake died in between. Known ones stay.
    func reconcile(_ queue: any JobQueue) async throws {
        let before = dependencies.clock.now().adding(.zero - Self.acceptedAge)
        var cursor: JobID?
        while true {
            let jobs = try await dependencies.ledger.acceptedJobs(
                in: queue.pool,
                before: before,
                after: cursor,
                limit: Self.page
            )
            guard let last = jobs.last else { return }
            try await queue.enqueue(jobs)
            cursor = last.id
        }
    }

    /// Forgets requests that nobody will repeat any more.
    func forgetCreations() async throws {
        let before = dependencies.clock.now().adding(.zero - Creation.lifetime)
        _ = try await dependencies.ledger.forgetCreations(before: before)
    }

    /// Removes the chunks of uploads that were broken off.
    func removeAbandonedUploads() async throws {
        let before = dependencies.clock.now().adding(.zero - Self.uploadAge)
        let removed = try await dependencies.ledger.deleteAbandonedChunks(before: before)
        if removed > 0 { logger.info("abandoned uploads removed", [.count: .integer(removed)]) }
    }
}
