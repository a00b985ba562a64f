import Penstock

/// Opens one more ledger on the store of a check, as another process would. The store is empty before the first.
typealias OpenLedger = @Sendable () async throws -> any Ledger

/// One promise of the `Ledger` port.
struct LedgerCheck: Sendable, CustomStringConvertible {
    let description: String
    let run: @Sendable (OpenLedger) async throws -> Void

    init(_ description: String, _ run: @escaping @Sendable (OpenLedger) async throws -> Void) {
        self.description = description
        self.run = run
    }
}

/// What every ledger must do, whatever is behind it. A new ledger runs `checks` with its own `OpenLedger`.
enum LedgerConformance {
    static let checks =
        jobs + races + attempts + accepted + costs + batches + batchRows + files + tenants + controls + webhookEndpoints
        + webhookEvents + deliveries + creations + quarantine + retention + quotas
}
