import Synchronization

/// Counters of one client since its start.
package struct RedisStatistics: Sendable, Equatable {
    /// Commands of the shared connection, those included that were never written.
    package let commands: Int
    /// Commands that ended in an error, of the server or of the client.
    package let errors: Int
    /// Times the shared connection was established again after it had been lost.
    package let reconnects: Int
}

/// The live counters behind `RedisStatistics`.
final class RedisCounters: Sendable {
    private let connectedSince = Mutex<ContinuousClock.Instant?>(nil)
    private let commands = Atomic(0)
    private let errors = Atomic(0)
    private let connections = Atomic(0)

    func connectionOpened() {
        connectedSince.withLock { $0 = .now }
        connections.wrappingAdd(1, ordering: .relaxed)
    }

    func connectionLost() {
        connectedSince.withLock { $0 = nil }
    }

    func began(_ count: Int) {
        commands.wrappingAdd(count, ordering: .relaxed)
    }

    func ended(_ result: Result<[RedisValue], RedisError>, of count: Int) {
        switch result {
        case .failure: errors.wrappingAdd(count, ordering: .relaxed)
        case .success(let replies):
            let failed = replies.count { $0.error != nil }
            if failed > 0 { errors.wrappingAdd(failed, ordering: .relaxed) }
        }
    }

    var isConnected: Bool { connectedSince.withLock { $0 != nil } }
    var connectedFor: Duration? { connectedSince.withLock { $0.map { .now - $0 } } }

    var snapshot: RedisStatistics {
        RedisStatistics(
            commands: commands.load(ordering: .relaxed),
            errors: errors.load(ordering: .relaxed),
            reconnects: max(0, connections.load(ordering: .relaxed) - 1)
        )
    }
}
