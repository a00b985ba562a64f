import Penstock

@testable import Queue

/// A provider's account whose limit is a bucket of some seconds that fills evenly, as its headers tell.
struct BucketAccount {
    enum Answer {
        case accepted(RateSignals)
        case refused(RateSignals, retryAfter: Duration)
    }

    private let perMinute: Int
    /// Whether a call takes its tokens instead of one request.
    private let countsTokens: Bool
    private let capacity: Double
    /// What somebody else takes of the refill.
    private let othersShare: Double
    private var level: Double
    private var filledAt: Int64?
    /// What accepted calls took.
    private(set) var used = 0.0
    private(set) var refused = 0

    /// - Parameter level: of 1, how full it is at first.
    init(perMinute: Int, seconds: Double, countsTokens: Bool = false, othersShare: Double = 0, level: Double = 1) {
        self.perMinute = perMinute
        self.countsTokens = countsTokens
        self.othersShare = othersShare
        capacity = Double(perMinute) * seconds / 60
        self.level = capacity * level
    }

    /// What comes back in so long, that for others too.
    func refill(milliseconds: Int64) -> Double { Double(milliseconds) * perMillisecond }

    private var perMillisecond: Double { Double(perMinute) / 60_000 }

    /// - Parameter now: in milliseconds; it only grows.
    mutating func call(tokens: Int, at now: Int64) -> Answer {
        let passed = Double(now - (filledAt ?? now))
        level = min(capacity, level + passed * perMillisecond * (1 - othersShare))
        filledAt = now
        let amount = Double(countsTokens ? tokens : 1)
        let lacking = amount - level
        guard lacking <= 1e-6 else {
            refused += 1
            let wait = Int((lacking / perMillisecond / (1 - othersShare)).rounded(.up))
            return .refused(told, retryAfter: .milliseconds(wait))
        }
        level -= amount
        used += amount
        return .accepted(told)
    }

    private var told: RateSignals {
        let reset = Duration.milliseconds(Int((capacity - level) / perMillisecond))
        let told = RateSignals.Level(limit: perMinute, remaining: Int(level), reset: reset)
        return countsTokens ? RateSignals(tokens: told) : RateSignals(requests: told)
    }
}
