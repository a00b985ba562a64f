import Crypto
import Ledger
package import Logging
package import Penstock

/// Makes API keys straight in the ledger: the way to the first admin key. Whoever may write the ledger's files is the
/// operator already.
package enum KeyMaker {
    /// - Returns: the key, which is kept nowhere, and its record.
    /// - Throws: `SettingsError` or `LedgerUnavailable`.
    package static func create(
        tenant: TenantID, name: String, isAdmin: Bool, classes: Set<JobClass>, settings: Settings, logger: Logger
    ) async throws -> (key: Secret, record: APIKeyRecord) {
        let ledger = try Backends.openLedger(settings, logger: logger)
        let now = WallClock.system.now()
        if try await ledger.tenant(tenant) == nil {
            try await ledger.put(TenantRecord(id: tenant, policy: TenantPolicy(), createdAt: now))
        }
        let key = "psk_" + IDGenerator.secret(bytes: 24)
        let record = APIKeyRecord(
            id: IDGenerator.named("key_", at: now), hash: hash(key), tenant: tenant, name: name, isAdmin: isAdmin,
            classes: classes, createdAt: now)
        try await ledger.insert(record)
        try await ledger.close()
        return (Secret(key), record)
    }

    private static func hash(_ key: String) -> String {
        SHA256.hash(data: Array(key.utf8)).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }
}
