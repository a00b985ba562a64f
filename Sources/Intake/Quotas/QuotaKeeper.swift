import HTTPTypes
import Penstock

/// Refuses what would exceed a tenant's quotas, and what the ledger's disk has no room for.
struct QuotaKeeper: Sendable {
    private let quotas: TenantQuotas
    private let ledger: any QuotaLedger
    private let disk: DiskReserve
    private let keys: KeyCounts
    private let metrics: IntakeMetrics

    init(
        _ quotas: TenantQuotas,
        ledger: any QuotaLedger,
        reserve: Int64?,
        metrics: IntakeMetrics
    ) {
        self.quotas = quotas
        self.ledger = ledger
        self.metrics = metrics
        disk = DiskReserve(reserve, of: ledger)
        keys = KeyCounts(limit: quotas.idempotencyKeys, ledger: ledger)
    }

    /// The room that one more upload of a tenant has.
    ///
    /// - Parameter declared: how many bytes are to come; nil when nobody said.
    /// - Throws: 403 where there is none, 503 where the disk has none.
    func room(of tenant: TenantID, declared: Int?) async throws -> UploadRoom {
        let there = try await ledger.uploads(of: tenant)
        let room = UploadRoom(bytes: quotas.fileBytes - there.bytes, quotas: quotas, disk: disk, metrics: metrics)
        guard there.count < quotas.files else {
            throw metrics.refusing(
                .files,
                APIError(
                    .forbidden,
                    code: "file_quota_reached",
                    "A tenant may keep at most \(quotas.files) files (setting intake.max_files_per_tenant). Delete some "
                        + "first."
                )
            )
        }
        try room.check(declared ?? 1)
        try await room.checkDisk()
        return room
    }

    /// - Throws: 429 where a tenant has as many unfinished batches as it may have, 503 where the disk has no room for
    ///   their results.
    func checkBatch(of tenant: TenantID) async throws {
        guard try await ledger.openBatches(of: tenant) < quotas.openBatches else {
            throw metrics.refusing(
                .openBatches,
                APIError(
                    .tooManyRequests,
                    code: "too_many_open_batches",
                    "A tenant may have at most \(quotas.openBatches) batches that have not ended (setting "
                        + "intake.max_open_batches_per_tenant). Wait until one has ended, or cancel one.",
                    retryAfter: 60
                )
            )
        }
        try await checkDisk()
    }

    /// - Throws: 503 where the disk has no room but for what was accepted.
    func checkDisk() async throws {
        if try await disk.isReached() { throw metrics.refusing(.storage, DiskReserve.refusal) }
    }

    /// Counts one more idempotency key.
    func addKey(of tenant: TenantID) { keys.add(tenant) }

    /// - Throws: 429 where a tenant has as many idempotency keys as it may have.
    func checkKeys(of tenant: TenantID) async throws {
        guard try await keys.hasRoom(tenant) else {
            throw metrics.refusing(
                .idempotencyKeys,
                APIError(
                    .tooManyRequests,
                    code: "too_many_idempotency_keys",
                    "A tenant may use at most \(quotas.idempotencyKeys) idempotency keys (setting "
                        + "intake.max_idempotency_keys_per_tenant) within the time that results are kept.",
                    retryAfter: 60
                )
            )
        }
    }
}
