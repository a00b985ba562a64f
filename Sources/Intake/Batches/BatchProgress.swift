import Penstock
import Synchronization

/// What the rows of batches add up to, asked of the ledger about once a second per batch at most, however many poll.
final class BatchProgress: Sendable {
    private struct Entry {
        let summary: BatchSummary
        let until: ContinuousClock.Instant
    }

    private static let lifetime = Duration.seconds(1)
    private static let capacity = 1000
    private static let nothing = BatchSummary(
        counts: BatchCounts(),
        usage: .zero,
        cost: Nanodollars(0),
        unknownCosts: 0
    )

    private let ledger: any BatchLedger
    private let entries = Mutex<[BatchID: Entry]>([:])

    init(ledger: any BatchLedger) {
        self.ledger = ledger
    }

    func summary(of batch: BatchRecord) async throws -> BatchSummary {
        if let final = batch.summary { return final }
        guard batch.inProgressAt != nil else { return Self.nothing }
        let now = ContinuousClock.now
        let known = entries.withLock { $0[batch.id] }
        if let known, known.until > now { return known.summary }
        let summary = try await ledger.summary(of: batch.id)
        remember(summary, of: batch.id, now: now)
        return summary
    }

    private func remember(_ summary: BatchSummary, of batch: BatchID, now: ContinuousClock.Instant) {
        entries.withLock { entries in
            if entries.count >= Self.capacity { entries = entries.filter { $0.value.until > now } }
            if entries.count >= Self.capacity { entries = [:] }
            entries[batch] = Entry(summary: summary, until: now.advanced(by: Self.lifetime))
        }
    }
}
