/// When a delivery is attempted: the schedule of the Standard Webhooks specification, ten times within about three days.
package struct WebhookSchedule: Sendable, Equatable {
    /// The wait before each attempt, counted from the end of the one before.
    private static let waits: [Duration] = [
        .zero, .seconds(5), .seconds(5 * 60), .seconds(30 * 60), .seconds(2 * 3600), .seconds(5 * 3600),
        .seconds(10 * 3600), .seconds(14 * 3600), .seconds(20 * 3600), .seconds(24 * 3600),
    ]
    /// A wait is up to so much longer than the schedule says, so that what failed together does not come back together.
    private static let spread = 0.2

    /// Times every wait; 1 as specified, less in tests.
    package var scale: Double

    package init(scale: Double = 1) {
        self.scale = scale
    }

    package static var attempts: Int { waits.count }

    /// The wait after `attempts` attempts have failed; nil when there is no further one.
    ///
    /// - Parameter jitter: 0 to 1, where in the spread the attempt falls.
    package func wait(afterAttempts attempts: Int, jitter: Double) -> Duration? {
        guard Self.waits.indices.contains(attempts) else { return nil }
        return Self.waits[attempts] * (scale * (1 + Self.spread * jitter))
    }
}
