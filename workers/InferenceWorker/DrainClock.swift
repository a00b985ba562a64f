import Synchronization

/// Whether the time after which a stopping worker gives up is over.
final class DrainClock: Sendable {
    private let over = Atomic<Bool>(false)

    var isOver: Bool { over.load(ordering: .acquiring) }

    func end() { over.store(true, ordering: .releasing) }
}
