/// Decides when idle limits have to be looked at. Pure; times are monotonic nanoseconds.
///
/// Activity only ever moves a deadline later, so looking again at the earliest deadline known finds every transfer in
/// time. A least gap between two sweeps bounds their cost.
struct IdleSweep {
    static let leastGap: UInt64 = 10_000_000

    /// When to sweep next; nil: there is nothing to watch.
    private(set) var next: UInt64?

    /// A transfer with this deadline has begun.
    mutating func add(deadline: UInt64) {
        next = min(next ?? deadline, deadline)
    }

    /// True if a sweep is due at `now`; the sweep then has to `add` every deadline that is left.
    mutating func begin(at now: UInt64) -> Bool {
        guard let due = next, due <= now else { return false }
        next = nil
        return true
    }

    /// Ends the sweep begun at `now`.
    mutating func end(at now: UInt64) {
        next = next.map { max($0, now &+ Self.leastGap) }
    }
}
