import Penstock
import Synchronization

/// Jobs of one scenario: sizes over decades, estimated as estimates are.
final class Trace: Sendable {
    let sizes: ClosedRange<Double>
    /// How far an estimate is off, either way.
    let error: ClosedRange<Double>
    private let random: Mutex<Random>

    /// - Parameter sizes: tokens of a job, log-uniform.
    init(seed: UInt64, sizes: ClosedRange<Double>, error: ClosedRange<Double> = 0.5...2) {
        self.sizes = sizes
        self.error = error
        random = Mutex(Random(seed: seed))
    }

    /// What the next call uses, and what is thought of it before.
    func next() -> (plan: CallPlan, estimate: TokenEstimate) {
        random.withLock { random in
            let plan = CallPlan(tokens: random.logUniform(sizes))
            let factor = random.logUniform(error)
            let input = max(1, Int(Double(plan.input) * factor))
            let output = max(1, Int(Double(plan.output) * factor))
            return (plan, TokenEstimate(input: input, output: output))
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
