package import Logging
import Synchronization

/// Tells of an outage once, however many meet it: a line when it begins, ever rarer ones with a count while it lasts, at
/// most one a second, and one when it is over with how long it took. One per process.
package final class OutageLog: Sendable {
    private static let firstPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(16)
    /// One success among failures is no end.
    private static let calm = Duration.seconds(1)

    private struct Outage {
        let begin: Duration
        var lastFailure: Duration
        var nextLine: Duration
        var pause = OutageLog.firstPause
        /// Since the last line.
        var untold = 0
        var all = 0
        /// What failed: only its success can tell of the end.
        var steps: Set<String> = []
    }

    private let outages = Mutex<[String: Outage]>([:])
    private let logger: Logger
    private let message: StaticString
    private let level: Logger.Level
    private let now: @Sendable () -> Duration

    /// - Parameters:
    ///   - message: what a failure is.
    ///   - now: time since an arbitrary moment that never goes back.
    package init(
        _ logger: Logger,
        _ message: StaticString = "a step failed, it is tried again",
        level: Logger.Level = .error,
        now: @escaping @Sendable () -> Duration = Health.monotonic
    ) {
        self.logger = logger
        self.message = message
        self.level = level
        self.now = now
    }

    /// A step failed.
    ///
    /// - Parameter cause: what is away; each is told of by itself.
    package func failed(_ step: String, because cause: String, _ error: any Error) {
        let now = now()
        let told = outages.withLock { Self.note(step, at: now, in: &$0[cause]) }
        guard let told else { return }
        let fields: LogFields = [
            .reason: .text(cause), .name: .text(step), .count: .integer(told), .error: .text("\(error)"),
        ]
        logger.log(level: level, "\(message)", metadata: fields.metadata)
    }

    /// A step did what it should.
    package func worked(_ step: String) {
        let now = now()
        let over = outages.withLock { outages in
            guard !outages.isEmpty else { return [String: Outage]() }
            let over = outages.filter { $0.value.steps.contains(step) && now - $0.value.lastFailure >= Self.calm }
            for cause in over.keys { outages[cause] = nil }
            return over
        }
        for (cause, outage) in over {
            logger.notice(
                "what failed works again",
                [
                    .reason: .text(cause), .name: .text(step), .count: .integer(outage.all),
                    .durationMs: .integer(Int((now - outage.begin) / .milliseconds(1))),
                ]
            )
        }
    }

    /// - Returns: how many failures a line is to tell of; nil for no line.
    private static func note(_ step: String, at now: Duration, in outage: inout Outage?) -> Int? {
        var current = outage ?? Outage(begin: now, lastFailure: now, nextLine: now)
        defer { outage = current }
        current.lastFailure = now
        current.steps.insert(step)
        current.all += 1
        current.untold += 1
        guard now >= current.nextLine else { return nil }
        let told = current.untold
        current.untold = 0
        current.nextLine = now + current.pause
        current.pause = min(current.pause * 2, longestPause)
        return told
    }
}
