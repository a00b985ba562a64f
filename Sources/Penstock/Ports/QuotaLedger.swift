/// What tenants keep, counted, and what room there is.
package protocol QuotaLedger: Sendable {
    /// The files that a tenant uploaded; results of batches are not among them.
    func uploads(of tenant: TenantID) async throws -> FileHoldings

    /// How many batches of a tenant have not ended.
    func openBatches(of tenant: TenantID) async throws -> Int

    /// How many idempotency keys of a tenant are remembered.
    ///
    /// - Parameter limit: counting ends there.
    func idempotencyKeys(of tenant: TenantID, upTo limit: Int) async throws -> Int

    /// The file system that files and results are written to; nil where it is another machine's.
    func disk() async throws -> DiskSpace?
}

/// Files and their bytes.
package struct FileHoldings: Sendable, Equatable {
    package var count: Int
    package var bytes: Int64

    package init(count: Int, bytes: Int64) {
        self.count = count
        self.bytes = bytes
    }
}

/// Bytes of a file system.
package struct DiskSpace: Sendable, Equatable {
    package var total: Int64
    /// What this process may still write.
    package var free: Int64

    package init(total: Int64, free: Int64) {
        self.total = total
        self.free = free
    }
}
