import Penstock
import Synchronization

/// The leases a worker holds, when they were last known to be good, and how to stop the call under each.
final class HeldLeases: Sendable {
    private struct Held {
        var renewedAt: ContinuousClock.Instant
        var abort: (@Sendable () -> Void)?
        var isLost = false
    }

    private let held = Mutex<[Lease: Held]>([:])
    private let noMoreCalls = Atomic<Bool>(false)

    func add(_ lease: Lease, at now: ContinuousClock.Instant) {
        held.withLock { $0[lease] = Held(renewedAt: now) }
    }

    func remove(_ lease: Lease) {
        held.withLock { $0[lease] = nil }
    }

    /// Says how to stop the call that now runs under the lease.
    ///
    /// - Returns: false when the lease is gone and no call may be made.
    func setAbort(_ lease: Lease, _ abort: @escaping @Sendable () -> Void) -> Bool {
        held.withLock { held in
            guard held[lease]?.isLost == false, !noMoreCalls.load(ordering: .acquiring) else { return false }
            held[lease]?.abort = abort
            return true
        }
    }

    var all: [Lease] { held.withLock { held in held.filter { !$0.value.isLost }.map(\.key) } }

    /// Leases that were renewed by a heartbeat that began at `moment`.
    func renewed(_ leases: [Lease], at moment: ContinuousClock.Instant) {
        held.withLock { held in
            for lease in leases { held[lease]?.renewedAt = moment }
        }
    }

    /// The clock goes on while the machine sleeps, so a stopped process does not think its lease fresh.
    func isFresh(_ lease: Lease, within age: Duration, at now: ContinuousClock.Instant) -> Bool {
        held.withLock { held in
            guard let entry = held[lease], !entry.isLost else { return false }
            return now - entry.renewedAt < age
        }
    }

    /// Marks a lease as gone and stops its call.
    func lose(_ lease: Lease) {
        let abort = held.withLock { held in
            held[lease]?.isLost = true
            return held[lease]?.abort
        }
        abort?()
    }

    /// Stops all calls, also those about to begin: the time to drain is over.
    func abortAll() {
        let aborts = held.withLock { held in
            noMoreCalls.store(true, ordering: .releasing)
            return held.values.compactMap(\.abort)
        }
        for abort in aborts { abort() }
    }
}
