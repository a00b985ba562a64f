import Penstock
import Synchronization

/// Brings what the ledger says about tenants and pauses to the pools, effective on what waits already.
///
/// Intake does so at once, after it told the ledger. What was read here may be older when it arrives and undo that: so
/// the ledger is read again until it says what the pools were told.
final class ControlSpreader: Sendable {
    private static let policiesPerCall = 500

    private struct Spread {
        var policies: [TenantID: TenantPolicy] = [:]
        /// The incarnations that know all of `policies`.
        var epochs: [PoolName: PoolEpoch] = [:]
    }

    private let ledger: any Ledger
    private let queues: [any JobQueue]
    private let topology: Topology
    private let spread = Mutex(Spread())

    init(_ dependencies: SchedulerDependencies) {
        ledger = dependencies.ledger
        queues = Array(dependencies.queues.values)
        topology = dependencies.topology
    }

    /// Every time, as anybody's pause may have been lost on its way to Redis.
    func spreadPauses() async throws {
        var told: [Pause]?
        var pauses = try await ledger.pauses()
        while pauses != told {
            try await tell(pauses)
            told = pauses
            pauses = try await ledger.pauses()
        }
    }

    private func tell(_ pauses: [Pause]) async throws {
        try await eachQueue { queue in
            guard let pool = topology.pool(named: queue.pool) else { return }
            try await queue.setControls(PoolControls(pauses, for: pool))
        }
    }

    /// Only what changed since the last time, unless a pool's queue is another one.
    func spreadPolicies() async throws {
        while try await spreadNewPolicies() {}
    }

    /// - Returns: whether any pool was told anything.
    private func spreadNewPolicies() async throws -> Bool {
        let tenants = try await ledger.tenants()
        let last = spread.withLock { $0 }
        let changed = tenants.filter { last.policies[$0.id] != $0.policy }
        defer {
            let policies = Dictionary(uniqueKeysWithValues: tenants.map { ($0.id, $0.policy) })
            spread.withLock { $0.policies = policies }
        }
        var told = false
        try await eachQueue { queue in
            let epoch = try await queue.epoch()
            let news = last.epochs[queue.pool] == epoch ? changed : tenants
            spread.withLock { $0.epochs[queue.pool] = nil }
            told = told || !news.isEmpty
            for start in stride(from: 0, to: news.count, by: Self.policiesPerCall) {
                let chunk = news[start..<min(start + Self.policiesPerCall, news.count)]
                try await queue.setPolicies(chunk.map { ($0.id, $0.policy) })
            }
            spread.withLock { $0.epochs[queue.pool] = epoch }
        }
        return told
    }

    /// One pool that does not answer keeps no other one waiting.
    ///
    /// - Throws: the last pool's error.
    private func eachQueue(_ body: (any JobQueue) async throws -> Void) async throws {
        var failure: (any Error)?
        for queue in queues {
            do { try await body(queue) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
