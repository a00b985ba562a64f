import Ledger
import Logging
import Penstock
import Synchronization
import TestSupport

/// Ledgers on one directory of their own, closed and removed at the end.
final class SQLiteFixture: Sendable {
    let directory: TemporaryDirectory
    private let ledgers = Mutex<[SQLiteLedger]>([])

    private init() throws {
        directory = try TemporaryDirectory()
    }

    /// Where the ledger's files are.
    var path: String { directory.file("ledger") }

    func open(logger: Logger = Logger(label: "test"), lockTimeout: Duration = .seconds(10)) throws -> SQLiteLedger {
        let ledger = try SQLiteLedger(directory: path, logger: logger, lockTimeout: lockTimeout)
        ledgers.withLock { $0.append(ledger) }
        return ledger
    }

    static func with(_ body: (SQLiteFixture) async throws -> Void) async throws {
        let fixture = try SQLiteFixture()
        do {
            try await body(fixture)
        } catch {
            try await fixture.end()
            throw error
        }
        try await fixture.end()
    }

    private func end() async throws {
        for ledger in ledgers.withLock({ $0 }) { try await ledger.close() }
        try await directory.remove()
    }
}
