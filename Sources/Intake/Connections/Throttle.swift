import Synchronization

/// Lets one line a second through, which tells how many it stands for.
final class Throttle: Sendable {
    private static let interval = Duration.seconds(1)

    private struct State {
        var last: ContinuousClock.Instant?
        var count = 0
    }

    private let state = Mutex(State())

    /// - Returns: how often it happened since it was told last; nil when it is too soon to tell again.
    func note(now: ContinuousClock.Instant = .now) -> Int? {
        state.withLock { state in
            state.count += 1
            if let last = state.last, last.duration(to: now) < Self.interval { return nil }
            defer { state.count = 0 }
            state.last = now
            return state.count
        }
    }
}
