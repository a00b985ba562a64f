import Penstock
import Synchronization

/// What every pool learned about its models, as of a few seconds ago: for decisions about lines that are in no queue.
final class ExperienceBoard: Sendable {
    private let corrections = Mutex<[PoolName: EstimateCorrection]>([:])

    /// The estimate as it is where nothing is known of the pool.
    func corrected(_ estimate: TokenEstimate, model: String, in pool: PoolName) -> TokenEstimate {
        corrections.withLock { $0[pool] }?.corrected(estimate, model: model) ?? estimate
    }

    /// The most that such a request can cost; nil where a target of the pool has no price.
    func mostCost(of estimate: TokenEstimate, model: String, in pool: Pool) -> Nanodollars? {
        guard let bound = CostBound(pool) else { return nil }
        var most = estimate
        most.input = max(estimate.input, corrected(estimate, model: model, in: pool.name).input)
        return bound.cost(of: most)
    }

    func refresh(from queue: any JobQueue) async throws {
        let correction = EstimateCorrection(try await queue.experience())
        corrections.withLock { $0[queue.pool] = correction }
    }
}
