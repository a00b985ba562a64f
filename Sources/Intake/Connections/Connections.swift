import CoreMetrics
import Logging
import NIOCore
import Synchronization
import Telemetry

/// The open connections of one server, within bounds.
final class Connections: Sendable {
    /// So many are told no at once; more get no answer, so that refusing costs no more descriptors than are kept back.
    private static let maxRefusing = 16

    enum Entry {
        case admitted
        /// Gets a short answer.
        case refused
        /// Gets none: too many are being refused.
        case turnedAway
    }

    private struct State {
        var open: [Int: Connection] = [:]
        var refusing: Set<Int> = []
        var next = 0
    }

    private let bounds: ConnectionBounds
    private let state = Mutex(State())
    private let metrics: ConnectionMetrics
    private let refusals = Throttle()
    private let logger: Logger

    init(_ bounds: ConnectionBounds, metrics: ConnectionMetrics, logger: Logger) {
        self.bounds = bounds
        self.metrics = metrics
        self.logger = logger
    }

    /// Call it for every accepted channel, before it is served.
    func enter(_ connection: Connection) -> Entry {
        let (entry, number, victim) = state.withLock { Self.admit(connection, in: &$0, bounds) }
        metrics.opened()
        connection.channel.closeFuture.whenComplete { [self] _ in
            connection.presence.leave()
            metrics.closed()
            state.withLock { state in
                state.open[number] = nil
                state.refusing.remove(number)
            }
        }
        if let victim {
            metrics.replaced.increment()
            victim.close()
        }
        if entry != .admitted { tellOfRefusal() }
        return entry
    }

    private func tellOfRefusal() {
        metrics.refused.increment()
        guard let count = refusals.note() else { return }
        logger.warning(
            "connections refused: as many are open as may be",
            [.count: .integer(count), .limit: .integer(bounds.total)]
        )
    }

    private static func admit(_ connection: Connection, in state: inout State, _ bounds: ConnectionBounds)
        -> (Entry, number: Int, victim: Connection?)
    {
        state.next += 1
        let number = state.next
        let candidates = state.open.lazy.map {
            ConnectionBounds.Candidate(number: $0, address: $1.address, idleSince: $1.idleSince)
        }
        switch bounds.decide(connection.address, among: candidates) {
        case .admit:
            state.open[number] = connection
            return (.admitted, number, nil)
        case .replace(let idle):
            // It counts no more from now on; its descriptor is free a moment later.
            let victim = state.open.removeValue(forKey: idle)
            state.open[number] = connection
            return (.admitted, number, victim)
        case .refuse:
            guard state.refusing.count < maxRefusing else { return (.turnedAway, number, nil) }
            state.refusing.insert(number)
            return (.refused, number, nil)
        }
    }
}
