import Glibc
import Penstock

extension LatencyDistribution {
    /// How long the request behind `dice` takes.
    func duration(_ dice: Dice) -> Duration {
        switch self {
        case .fixed(let duration): duration
        case .lognormal(let median, let sigma): median * min(100, exp(sigma * Self.standardNormal(dice)))
        }
    }

    /// Box and Muller's transform of two even numbers into one from the bell curve.
    private static func standardNormal(_ dice: Dice) -> Double {
        let radius = sqrt(-2 * log(1 - dice.fraction(at: 0)))
        return radius * cos(2 * .pi * dice.fraction(at: 1))
    }
}
