package import Penstock

extension InMemoryLedger {
    package func messageBatches(of tenant: TenantID, _ page: BatchPage, limit: Int) async throws -> [BatchRecord] {
        try access { state in
            let all = state.batches.values.filter { $0.tenant == tenant && $0.dialect == .anthropic }
                .sorted { $0.id.text > $1.id.text }
            switch page {
            case .newest: return Array(all.prefix(limit))
            case .after(let cursor): return Array(all.filter { $0.id.text < cursor.text }.prefix(limit))
            case .before(let cursor): return Array(all.filter { $0.id.text > cursor.text }.suffix(limit))
            }
        }
    }

    package func delete(_ batch: BatchRecord) async throws {
        try access { state in
            for view in [batch.outputFile, batch.errorFile].compactMap({ $0 }) { state.files[view] = nil }
            state.rows = state.rows.filter { $0.value.line?.batch != batch.id }
            state.batches[batch.id] = nil
        }
    }

    package func deleteRow(of job: JobID) async throws -> Bool {
        try access { state in
            state.quarantined[job] = nil
            if var row = state.rows[job], row.state == .cancelled {
                (row.error, row.response, row.metadata) = (TerminalRow.deletion, nil, [])
                state.rows[job] = row
                return true
            }
            return state.rows.removeValue(forKey: job) != nil
        }
    }

    package func deleteFinishedJobs(of tenant: TenantID, before moment: Timestamp, limit: Int) async throws -> Int {
        try access { state in
            let old = state.rows.values.filter {
                $0.tenant == tenant && $0.line == nil && $0.finishedAt < moment
            }.prefix(limit)
            for row in old {
                state.rows[row.job] = nil
                state.quarantined[row.job] = nil
            }
            return old.count
        }
    }

    package func deleteEndedDeliveries(of tenant: TenantID, before moment: Timestamp, limit: Int) async throws -> Int {
        try access { state in
            let old = state.deliveries.values.filter {
                $0.tenant == tenant && $0.state != .pending && $0.createdAt < moment
            }.prefix(limit)
            for delivery in old { state.deliveries[delivery.id] = nil }
            return old.count
        }
    }

    package func expiredFiles(at moment: Timestamp, limit: Int) async throws -> [FileID] {
        try access { state in
            Array(state.files.values.filter { $0.expiresAt.map { $0 <= moment } ?? false }.map(\.id).prefix(limit))
        }
    }

    /// Keys have no time here.
    package func forgetIdempotencyKeys(before moment: Timestamp) async throws -> Int { 0 }
}
