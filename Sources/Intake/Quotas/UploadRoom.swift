import HTTPTypes
import Penstock

/// What one upload may still take.
struct UploadRoom: Sendable {
    /// Of the tenant's quota.
    let bytes: Int64
    let quotas: TenantQuotas
    let disk: DiskReserve
    let metrics: IntakeMetrics

    /// - Throws: 403 when so many bytes are more than the tenant has left.
    func check(_ count: Int) throws {
        guard count > bytes else { return }
        throw metrics.refusing(
            .fileBytes,
            APIError(
                .forbidden,
                code: "file_bytes_quota_reached",
                "A tenant may keep at most \(quotas.fileBytes) bytes of files (setting "
                    + "intake.max_file_bytes_per_tenant), of which \(max(0, bytes)) are left. Delete files first."
            )
        )
    }

    /// - Throws: 503 where the disk has no room but for what was accepted.
    func checkDisk() async throws {
        if try await disk.isReached() { throw metrics.refusing(.storage, DiskReserve.refusal) }
    }
}
