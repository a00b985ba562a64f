/// The most that one tenant may keep.
///
/// What is there is counted before something is added: requests at one moment may exceed a quota by as many as a tenant
/// may have under way.
package struct TenantQuotas: Sendable, Equatable {
    /// Uploaded files, inputs of message batches among them.
    package var files: Int
    /// Bytes of these.
    package var fileBytes: Int64
    /// Batches that have not ended.
    package var openBatches: Int
    /// Idempotency keys that are remembered.
    package var idempotencyKeys: Int

    package init(
        files: Int = 100_000,
        fileBytes: Int64 = 50 << 30,
        openBatches: Int = 100,
        idempotencyKeys: Int = 10_000_000
    ) {
        self.files = files
        self.fileBytes = fileBytes
        self.openBatches = openBatches
        self.idempotencyKeys = idempotencyKeys
    }
}
