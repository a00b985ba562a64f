import CJQ
import Synchronization

/// What one thread is running, so that another one can end it.
final class JQSlot: Sendable {
    private struct Run {
        /// The interpreter's address: alive until `end`.
        let state: UInt
        let began: ContinuousClock.Instant
        var isInterrupted = false
    }

    private let run = Mutex<Run?>(nil)

    func begin(_ state: OpaquePointer) {
        let run = Run(state: UInt(bitPattern: state), began: .now)
        self.run.withLock { $0 = run }
    }

    func end() {
        run.withLock { $0 = nil }
    }

    /// Ends the run if it began before `moment`.
    func interrupt(begunBefore moment: ContinuousClock.Instant) {
        run.withLock { run in
            guard let current = run, !current.isInterrupted, current.began < moment else { return }
            // Once: jq takes a second one for a mistake.
            run?.isInterrupted = true
            cjq_interrupt(OpaquePointer(bitPattern: current.state))
        }
    }
}
