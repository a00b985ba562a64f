/// A moment as whole milliseconds since 1970 (UTC).
///
/// Ledger rows, deadlines and Redis scores all carry this integer; text is made at the edge only.
package struct Timestamp: Sendable, Hashable, Comparable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Whole seconds since 1970, as OpenAI's objects carry them.
    package var seconds: Int64 { milliseconds / 1000 }

    package func adding(_ duration: Duration) -> Timestamp {
        Timestamp(milliseconds: milliseconds + duration.wholeMilliseconds)
    }

    /// The time from `earlier` to this moment; negative when `earlier` is later.
    package func since(_ earlier: Timestamp) -> Duration {
        .milliseconds(milliseconds - earlier.milliseconds)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

extension Duration {
    /// The duration in whole milliseconds, rounded towards zero.
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// The duration in whole milliseconds, rounded up: who waits that long has waited enough.
    package var wholeMillisecondsRoundedUp: Int64 {
        let whole = wholeMilliseconds
        return self > .milliseconds(whole) ? whole + 1 : whole
    }

    /// The duration in seconds, for metrics.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

/// Where the present comes from; tests put a fixed one in its place.
package struct WallClock: Sendable {
    private let read: @Sendable () -> Timestamp

    package init(_ read: @escaping @Sendable () -> Timestamp) {
        self.read = read
    }

    package func now() -> Timestamp { read() }
}
