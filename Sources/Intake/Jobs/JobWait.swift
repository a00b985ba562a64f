import Penstock

/// `?wait=`: looks at a job until it ended, the time is over or nobody waits for the answer any more.
struct JobWait: Sendable {
    /// After this long a look is taken anyway: announcements are hints.
    private static let longestNap = Duration.seconds(5)
    /// At least this long is between two looks, should announcements come without an end.
    private static let shortestNap = Duration.milliseconds(20)

    let finder: JobFinder
    let events: any CompletionEvents
    /// Those that wait.
    let places: TenantPlaces

    /// - Throws: 429 when too many wait already, 401 when the key was revoked meanwhile.
    func find(
        _ id: JobID,
        of tenant: TenantID,
        within patience: Duration,
        for attendance: Attendance,
        _ admission: AnswerAdmission
    ) async throws -> FoundJob {
        let end = ContinuousClock.now.advanced(by: patience)
        var found = try await finder.find(id, of: tenant, admission)
        guard patience > .zero, !found.hasEnded else { return found }
        let place = try places.take(for: tenant)
        defer { withExtendedLifetime(place) {} }
        while !found.hasEnded {
            let start = ContinuousClock.now
            // A server that shuts down tells what it knows, and so does one whose caller has finished sending.
            guard start < end, !attendance.isOver else { break }
            let nap = min(start.duration(to: end), Self.longestNap)
            try await attendance.wait { [events] in await events.waitForEnd(of: id, timeout: nap) }
            try await attendance.checkKey()
            let rest = Self.shortestNap - start.duration(to: .now)
            if rest > .zero { try await Task.sleep(for: rest) }
            found = try await finder.find(id, of: tenant, admission)
        }
        return found
    }
}

extension FoundJob {
    fileprivate var hasEnded: Bool {
        if case .finished = self { true } else { false }
    }
}
