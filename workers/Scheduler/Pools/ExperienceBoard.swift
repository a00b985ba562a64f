import Penstock
import Synchronization

/// What every pool learned about its models, as of a few seconds ago: for those who estimate.
final class ExperienceBoard: Sendable {
    private let corrections = Mutex<[PoolName: EstimateCorrection]>([:])

    /// Corrects nothing as long as nothing is known of the pool.
    func correction(for pool: PoolName) -> EstimateCorrection {
        corrections.withLock { $0[pool] } ?? EstimateCorrection(nil)
    }

    func refresh(from queue: any JobQueue) async throws {
        let correction = EstimateCorrection(try await queue.experience())
        corrections.withLock { $0[queue.pool] = correction }
    }
}
