package import Penstock
import Synchronization

/// A clock that the test sets.
package final class SettableClock: Sendable {
    private let moment: Mutex<Timestamp>

    package init(_ moment: Timestamp = Timestamp(milliseconds: 1_700_000_000_000)) {
        self.moment = Mutex(moment)
    }

    package var now: Timestamp { moment.withLock { $0 } }
    package var clock: WallClock { WallClock { self.now } }

    package func advance(by duration: Duration) {
        moment.withLock { $0 = $0.adding(duration) }
    }
}
