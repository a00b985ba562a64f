import CoreMetrics
import Ledger
import Logging
import Penstock

/// The ledger that the settings name, opened.
struct OpenLedger: Sendable {
    let ledger: any Ledger
    /// Waits for what has begun, then closes it.
    let close: @Sendable () async throws -> Void

    /// - Throws: `SettingsError`, or what keeps the ledger from opening.
    init(_ settings: Settings, logger: Logger) throws {
        let url = settings.ledger.url.revealed
        if url.hasPrefix("mongodb://") || url.hasPrefix("mongodb+srv://") {
            let ledger = try Self.openMongoDB(settings.ledger, logger)
            self.ledger = ledger
            close = { await ledger.close() }
        } else {
            let ledger = try Self.openSQLite(url, logger)
            self.ledger = ledger
            close = { try await ledger.close() }
        }
    }

    private static func openSQLite(_ url: String, _ logger: Logger) throws -> SQLiteLedger {
        let scheme = "sqlite:"
        guard url.hasPrefix(scheme), url.utf8.count > scheme.utf8.count else {
            // The value may hold a password, so it is not shown.
            throw SettingsError.invalid(
                "ledger.url",
                value: "the value",
                allowed: "sqlite:DIRECTORY, mongodb://… or mongodb+srv://…"
            )
        }
        return try SQLiteLedger(directory: String(url.dropFirst(scheme.count)), logger: logger)
    }

    private static func openMongoDB(_ settings: LedgerSettings, _ logger: Logger) throws -> MongoLedger {
        let configuration = MongoLedgerConfiguration(
            uri: settings.url,
            threads: settings.mongodbThreads,
            groupWrites: settings.mongodbGroupWrites,
            groupsInFlight: settings.mongodbGroupsInFlight
        )
        do {
            return try MongoLedger(configuration, logger: logger, metrics: MetricsSystem.factory)
        } catch let error as InvalidLedgerURI {
            throw SettingsError("setting `ledger.url`: \(error.reason)")
        }
    }
}
