import Penstock

/// Persists what a caller wants of a batch; the scheduler carries it out. Once more is fine.
struct BatchOrders: Sendable {
    /// Writes that may come in between an order's read and its write, again and again.
    private static let tries = 20

    let ledger: any BatchLedger

    enum Outcome {
        case done(BatchRecord)
        /// The batch is past it.
        case tooLate(BatchState)
    }

    /// - Parameter change: answers false when it is too late.
    /// - Throws: 404, also for another tenant's batch.
    func apply(to id: BatchID, of tenant: TenantID, _ change: (inout BatchRecord) -> Bool) async throws -> Outcome {
        for _ in 0..<Self.tries {
            let batch = try await find(id, of: tenant)
            var changed = batch
            guard change(&changed) else { return .tooLate(batch.state) }
            if changed == batch { return .done(batch) }
            if let stored = try await ledger.replace(changed) { return .done(stored) }
        }
        throw LedgerUnavailable("the batch kept changing")
    }

    /// - Throws: 404, also for another tenant's batch.
    func find(_ id: BatchID, of tenant: TenantID) async throws -> BatchRecord {
        guard let batch = try await ledger.batch(id), batch.tenant == tenant else { throw APIError.notFound("batch") }
        return batch
    }
}
