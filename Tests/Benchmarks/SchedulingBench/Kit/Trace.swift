import Penstock
import Synchronization

/// Jobs of one scenario: sizes over decades, estimated as estimates are.
final class Trace: Sendable {
    /// What is known of a call before it is made.
    enum Estimates: Sendable {
        case exact
        /// Input to 15 %; of the output its cap, of which 20 to 100 % are used.
        case usual
        /// Half to twice what is used.
        case poor
    }

    let sizes: ClosedRange<Double>
    let estimates: Estimates
    private let random: Mutex<Random>

    /// - Parameter sizes: tokens of a job, log-uniform.
    init(seed: UInt64, sizes: ClosedRange<Double>, estimates: Estimates) {
        self.sizes = sizes
        self.estimates = estimates
        random = Mutex(Random(seed: seed))
    }

    /// What the next call uses, and what is thought of it before.
    func next() -> (plan: CallPlan, estimate: TokenEstimate) {
        random.withLock { random in
            let plan = CallPlan(tokens: random.logUniform(sizes))
            let (input, output) = estimates.factors(&random)
            let estimate = TokenEstimate(
                input: max(1, Int(Double(plan.input) * input)),
                output: max(1, Int(Double(plan.output) * output))
            )
            return (plan, estimate)
        }
    }

    /// Jobs of a tenant whose plans are made by the trace.
    func jobs(_ count: Int, _ tenant: String, in lane: Lane) -> [Job] {
        (0..<count).map { _ in
            let (plan, estimate) = next()
            return lane.job(tenant, plan, estimate: estimate)
        }
    }
}

extension Trace.Estimates {
    /// What input and output are thought to be, against what they will be.
    fileprivate func factors(_ random: inout Random) -> (input: Double, output: Double) {
        switch self {
        case .exact: return (1, 1)
        case .usual:
            return (random.logUniform(0.85...1.15), 1 / Double.random(in: 0.2...1, using: &random))
        case .poor:
            let factor = random.logUniform(0.5...2)
            return (factor, factor)
        }
    }
}
