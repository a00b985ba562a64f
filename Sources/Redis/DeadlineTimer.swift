import NIOCore

/// One timer for many deadlines, set for the earliest. Confined to its event loop.
///
/// A deadline that passes away unneeded, as nearly all do, costs nothing: the timer stays, and looks around when it
/// fires.
final class DeadlineTimer {
    private let eventLoop: any EventLoop
    private var armedFor: NIODeadline?
    private var scheduled: Scheduled<Void>?
    /// Called when the earliest deadline has come; returns the next one.
    var onFire: ((NIODeadline) -> NIODeadline?)?

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Makes sure that the timer fires at `deadline`, or earlier.
    func watch(_ deadline: NIODeadline) {
        if deadline == .distantFuture { return }
        if let armedFor, armedFor <= deadline { return }
        scheduled?.cancel()
        armedFor = deadline
        scheduled = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in self?.fire() }
    }

    func cancel() {
        scheduled?.cancel()
        scheduled = nil
        onFire = nil
    }

    private func fire() {
        armedFor = nil
        guard let next = onFire?(.now()) else { return }
        watch(next)
    }
}
