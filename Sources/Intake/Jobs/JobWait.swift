import Penstock
import ServiceLifecycle

/// `?wait=`: looks at a job until it ended or the time is over.
struct JobWait: Sendable {
    /// After this long a look is taken anyway: announcements are hints.
    private static let longestNap = Duration.seconds(5)
    /// At least this long is between two looks, should announcements come without an end.
    private static let shortestNap = Duration.milliseconds(20)

    let finder: JobFinder
    let events: any CompletionEvents

    func find(_ id: JobID, of tenant: TenantID, within patience: Duration) async throws -> FoundJob {
        let end = ContinuousClock.now.advanced(by: patience)
        var lastLook = ContinuousClock.now.advanced(by: .zero - Self.shortestNap)
        while true {
            let sinceLastLook = lastLook.duration(to: .now)
            if sinceLastLook < Self.shortestNap { try await Task.sleep(for: Self.shortestNap - sinceLastLook) }
            lastLook = .now
            let found = try await finder.find(id, of: tenant)
            if case .finished = found { return found }
            let now = ContinuousClock.now
            // A server that shuts down tells what it knows.
            guard now < end, !Task.isShuttingDownGracefully else { return found }
            let nap = min(now.duration(to: end), Self.longestNap)
            await cancelWhenGracefulShutdown { [events] in await events.waitForEnd(of: id, timeout: nap) }
        }
    }
}
