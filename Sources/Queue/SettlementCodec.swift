import Penstock
import Redis

/// What a call really used and told, as arguments of `settle`.
enum SettlementCodec {
    /// - Parameter retry: when the job goes on, and whether this was one of its attempts; nil when it has ended.
    static func arguments(
        _ lease: Lease,
        _ settlement: Settlement,
        retry: (delay: Duration, countsAttempt: Bool)?
    ) -> [any RedisArgument] {
        let (verdict, pause) = verdict(settlement.target)
        return [
            lease.key, lease.token.text, settlement.usage?.input ?? -1, settlement.usage?.output ?? -1,
            settlement.mayHaveBeenSent ? 1 : 0, settlement.chargesTenant ? 1 : 0, verdict, pause,
            signals(settlement.signals), settlement.serviceTime?.wholeMilliseconds ?? -1,
            settlement.firstByte?.wholeMilliseconds ?? -1, retry == nil ? "done" : "retry",
            retry?.delay.wholeMilliseconds ?? 0, retry?.countsAttempt == true ? 1 : 0,
        ]
    }

    private static func verdict(_ verdict: TargetVerdict) -> (String, Int64) {
        switch verdict {
        case .none: ("none", 0)
        case .answered: ("answered", 0)
        case .limited(let pause): ("limited", pause.wholeMilliseconds)
        case .overloaded(let pause): ("overloaded", pause?.wholeMilliseconds ?? 0)
        case .exhausted: ("exhausted", 0)
        }
    }

    /// dimension:limit:remaining:ms to reset, `-` for what is unknown.
    private static func signals(_ signals: RateSignals?) -> String {
        guard let signals else { return "" }
        let levels = [
            ("r", signals.requests), ("t", signals.tokens), ("i", signals.inputTokens), ("o", signals.outputTokens),
        ]
        return levels.compactMap { dimension, level in
            level.map { "\(dimension):\(text($0.limit)):\(text($0.remaining)):\(text($0.reset?.wholeMilliseconds))" }
        }
        .joined(separator: ",")
    }

    private static func text<Number: BinaryInteger>(_ number: Number?) -> String {
        number.map { "\(max(0, $0))" } ?? "-"
    }
}
