import Intake
package import Logging
import Penstock

/// Makes API keys straight in the ledger: the way to the first admin key. Whoever may write the ledger is the
/// operator already.
package enum KeyMaker {
    /// What the operator asks for.
    package struct Wish: Sendable {
        let tenant: TenantID
        let name: String
        let isAdmin: Bool
        let classes: Set<JobClass>

        /// - Parameter classes: names of classes; none means all.
        /// - Throws: `SettingsError` that says what is allowed.
        package init(tenant: String, name: String, isAdmin: Bool, classes: [String]) throws(SettingsError) {
            guard let tenant = TenantID(tenant) else {
                throw SettingsError("--tenant must be 1 to 64 of a-z, 0-9, _ and -")
            }
            let known = Set(classes.compactMap(JobClass.init(rawValue:)))
            guard known.count == Set(classes).count else {
                throw SettingsError("--class must be one of interactive, standard, batch")
            }
            self.tenant = tenant
            self.name = name
            self.isAdmin = isAdmin
            self.classes = known.isEmpty ? Set(JobClass.allCases) : known
        }
    }

    /// - Returns: the key, which is kept nowhere, and its id.
    /// - Throws: `SettingsError` or `LedgerUnavailable`.
    package static func create(_ wish: Wish, settings: Settings, logger: Logger) async throws
        -> (key: String, id: String)
    {
        let opened = try OpenLedger(settings, logger: logger)
        let now = WallClock.system.now()
        let key = APIKeySecret.mint()
        let record = APIKeyRecord(
            id: IDGenerator.named("key_", at: now),
            hash: APIKeySecret.hash(key),
            tenant: wish.tenant,
            name: wish.name,
            isAdmin: wish.isAdmin,
            classes: wish.classes,
            createdAt: now
        )
        try await opened.ledger.issue(record)
        try await opened.close()
        return (key, record.id)
    }
}
