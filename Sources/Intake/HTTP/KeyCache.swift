import Penstock
import Synchronization

/// Remembers for a few seconds what the ledger said about API keys, unknown ones included.
///
/// Bounded: known and unknown hashes are kept apart, so that guessing cannot push real keys out.
final class KeyCache: Sendable {
    private struct Entry {
        let key: APIKeyRecord?
        let since: ContinuousClock.Instant
        let until: ContinuousClock.Instant
    }

    private struct State {
        var known: [String: Entry] = [:]
        var unknown: [String: Entry] = [:]
    }

    private let lifetime: Duration
    private let capacity: Int
    private let state = Mutex(State())

    init(lifetime: Duration, capacity: Int = 10_000) {
        self.lifetime = lifetime
        self.capacity = capacity
    }

    /// What is remembered: nil is nothing, `.some(nil)` that there is no such key.
    ///
    /// - Parameter age: what is older is not taken; nil for the usual lifetime.
    func lookup(_ hash: String, notOlderThan age: Duration? = nil, now: ContinuousClock.Instant = .now)
        -> APIKeyRecord??
    {
        state.withLock { state in
            guard let entry = state.known[hash] ?? state.unknown[hash], entry.until > now else { return nil }
            if let age, entry.since.duration(to: now) >= age { return nil }
            return .some(entry.key)
        }
    }

    func remember(_ key: APIKeyRecord?, hash: String, now: ContinuousClock.Instant = .now) {
        let entry = Entry(key: key, since: now, until: now.advanced(by: lifetime))
        state.withLock { state in
            if key == nil {
                Self.makeRoom(in: &state.unknown, capacity: capacity, now: now)
                state.unknown[hash] = entry
            } else {
                Self.makeRoom(in: &state.known, capacity: capacity, now: now)
                state.known[hash] = entry
                state.unknown[hash] = nil
            }
        }
    }

    /// After a change of keys through this process.
    func forgetAll() {
        state.withLock { $0 = State() }
    }

    private static func makeRoom(in entries: inout [String: Entry], capacity: Int, now: ContinuousClock.Instant) {
        guard entries.count >= capacity else { return }
        entries = entries.filter { $0.value.until > now }
        if entries.count >= capacity { entries = [:] }
    }
}
