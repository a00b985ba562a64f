import CoreMetrics
import Logging
import Penstock
import Synchronization
import Telemetry

/// What the calls of this process say about each target of a pool: counted, timed, and an alarm when an account has
/// nothing left to spend.
final class TargetWatch: Sendable {
    /// Calls that were taken before a target stopped may begin a little after the first one tells.
    private static let sameStop = Duration.seconds(1)

    private let metrics: [String: TargetMetrics]
    /// When this process last learned that a target's account is exhausted.
    private let stops = Mutex<[String: ContinuousClock.Instant]>([:])
    private let logger: Logger

    init(_ pool: Pool, factory: any MetricsFactory, logger: Logger) {
        let metrics = pool.targets.map { ($0.name, TargetMetrics(pool: pool.name, target: $0, factory: factory)) }
        self.metrics = Dictionary(metrics) { first, _ in first }
        self.logger = logger
    }

    /// - Parameter startedAt: when the call began.
    func note(
        _ settlement: Settlement,
        of target: String,
        startedAt: ContinuousClock.Instant,
        now: ContinuousClock.Instant = .now
    ) {
        metrics[target]?.count(settlement)
        guard settlement.target == .exhausted, isNewStop(of: target, startedAt, now) else { return }
        logger.error(
            "the target's account has nothing left to spend: it gets no calls until an operator resumes it",
            [.target: .text(target)]
        )
    }

    /// A stopped target gets no calls: one that began after the stop shows that it was resumed and has stopped again.
    private func isNewStop(of target: String, _ startedAt: ContinuousClock.Instant, _ now: ContinuousClock.Instant)
        -> Bool
    {
        stops.withLock { stops in
            if let known = stops[target], startedAt < known + Self.sameStop { return false }
            stops[target] = now
            return true
        }
    }
}

/// The series of one target.
private struct TargetMetrics: Sendable {
    private let exhausted: Counter
    private let limited: Counter
    private let duration: Timer
    private let firstByte: Timer

    init(pool: PoolName, target: Target, factory: any MetricsFactory) {
        let labels = [("pool", pool.text), ("target", target.name)]
        exhausted = Counter(label: "penstock_target_quota_exhausted", dimensions: labels, factory: factory)
        limited = Counter(label: "penstock_provider_rate_limited", dimensions: labels, factory: factory)
        // After OpenTelemetry's `gen_ai.client.operation.duration` and `….time_to_first_chunk`; answers come in one piece.
        let calls = labels + [("provider", target.provider)]
        duration = Timer(label: "penstock_provider_operation_duration_seconds", dimensions: calls, factory: factory)
        firstByte = Timer(
            label: "penstock_provider_operation_time_to_first_byte_seconds",
            dimensions: calls,
            factory: factory
        )
    }

    func count(_ settlement: Settlement) {
        switch settlement.target {
        case .limited: limited.increment()
        case .exhausted: exhausted.increment()
        case .none, .answered, .overloaded: break
        }
        if let time = settlement.serviceTime { duration.recordNanoseconds(time.nanoseconds) }
        if let time = settlement.firstByte { firstByte.recordNanoseconds(time.nanoseconds) }
    }
}

extension Duration {
    /// Of a call: far from an overflow.
    fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
