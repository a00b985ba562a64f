/// What may be used up, as metrics name it.
enum Quota: String, CaseIterable {
    case files
    case fileBytes = "file_bytes"
    case openBatches = "open_batches"
    case idempotencyKeys = "idempotency_keys"
    /// The ledger's disk.
    case storage
}
