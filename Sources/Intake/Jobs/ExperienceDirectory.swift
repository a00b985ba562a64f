import Logging
import Penstock
import Synchronization
import Telemetry

/// Knows what every pool learned about its models, as of a few seconds ago.
///
/// One request at a time asks for news, the others go by what is known. Where nothing can be learned, estimates stay as
/// they are.
final class ExperienceDirectory: Sendable {
    private struct Entry {
        var correction = EstimateCorrection(nil)
        var dueAt: ContinuousClock.Instant
    }

    private let lifetime: Duration
    private let logger: Logger
    private let entries = Mutex<[PoolName: Entry]>([:])

    init(lifetime: Duration = .seconds(5), logger: Logger) {
        self.lifetime = lifetime
        self.logger = logger
    }

    func correction(for queue: any JobQueue) async -> EstimateCorrection {
        if let known = known(queue.pool) { return known }
        do {
            let correction = EstimateCorrection(try await queue.experience())
            entries.withLock { $0[queue.pool]?.correction = correction }
        } catch {
            logger.warning("estimates are not corrected by news", [.pool: .text(queue.pool.text)], error: error)
        }
        return entries.withLock { $0[queue.pool]?.correction } ?? EstimateCorrection(nil)
    }

    /// What is known; nil tells the caller to ask.
    private func known(_ pool: PoolName) -> EstimateCorrection? {
        let now = ContinuousClock.now
        return entries.withLock { entries in
            if let entry = entries[pool], entry.dueAt > now { return entry.correction }
            entries[pool, default: Entry(dueAt: now)].dueAt = now.advanced(by: lifetime)
            return nil
        }
    }
}
