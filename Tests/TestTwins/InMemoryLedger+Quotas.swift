package import Penstock

extension InMemoryLedger {
    package func uploads(of tenant: TenantID) async throws -> FileHoldings {
        try access { state in
            let uploads = state.files.values.filter { $0.tenant == tenant && $0.content == .chunks }
            return FileHoldings(count: uploads.count, bytes: uploads.reduce(0) { $0 + $1.bytes })
        }
    }

    package func openBatches(of tenant: TenantID) async throws -> Int {
        try access { state in state.batches.values.count { $0.tenant == tenant && !$0.state.isTerminal } }
    }

    package func idempotencyKeys(of tenant: TenantID, upTo limit: Int) async throws -> Int {
        try access { state in min(limit, state.keys.keys.count { $0.hasPrefix("\(tenant) ") }) }
    }

    package func discard(upload file: FileID) async throws {
        try access { state in if state.files[file] == nil { state.chunks[file] = nil } }
    }

    package func disk() async throws -> DiskSpace? { try access { $0.disk } }
}
