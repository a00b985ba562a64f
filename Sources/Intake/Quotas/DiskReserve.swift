import HTTPTypes
import Penstock
import Synchronization

/// Keeps the last of the ledger's disk for results: uploads and batches are refused before it is full, and what was
/// accepted goes on.
final class DiskReserve: Sendable {
    /// How long a look is believed.
    private static let lifetime = Duration.seconds(1)
    /// Without a setting: this part of the disk, and at most so many bytes.
    private static let part: Int64 = 20
    private static let most: Int64 = 1 << 30

    static let refusal = APIError(
        .serviceUnavailable,
        code: "storage_full",
        "The disk of the server's ledger has no room for more uploads and batches; what was accepted goes on. Try again "
            + "when its operator has made room.",
        retryAfter: 60
    )

    private let bytes: Int64?
    private let ledger: any QuotaLedger
    private let last = Mutex<(isReached: Bool, at: ContinuousClock.Instant)?>(nil)

    init(_ bytes: Int64?, of ledger: any QuotaLedger) {
        self.bytes = bytes
        self.ledger = ledger
    }

    /// Whether no more than the reserve is free. Never where the disk is another machine's.
    func isReached() async throws -> Bool {
        if let last = last.withLock({ $0 }), last.at.duration(to: .now) < Self.lifetime { return last.isReached }
        let isReached = try await ledger.disk().map { $0.free <= reserve(of: $0) } ?? false
        last.withLock { $0 = (isReached, .now) }
        return isReached
    }

    private func reserve(of disk: DiskSpace) -> Int64 { bytes ?? min(Self.most, disk.total / Self.part) }
}
