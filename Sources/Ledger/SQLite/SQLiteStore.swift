import Dispatch
import GRDB
import Logging
import Penstock

/// One SQLite file: a writer that commits in groups, and readers that never wait for it.
final class SQLiteStore: Sendable {
    let pool: DatabasePool
    private let commits: GroupCommit
    private let gate = Gate()

    /// Opens the existing file `path` and brings its tables up to `schema`.
    init(path: String, schema: Schema, lockTimeout: Duration, logger: Logger) throws {
        do {
            pool = try DatabasePool(path: path, configuration: Self.configuration(lockTimeout: lockTimeout))
            try Self.prepareWriter(of: pool)
            let file = path.split(separator: "/").last.map { String($0) } ?? path
            try pool.writeWithoutTransaction { db in try schema.migrate(db, file: file) }
            commits = GroupCommit(pool: pool, file: file, logger: logger)
        } catch {
            throw ledgerError(error)
        }
    }

    /// Reads one snapshot on a reader's thread.
    func read<Value: Sendable>(_ query: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await gate.pass {
            do {
                return try await pool.read(query)
            } catch {
                throw ledgerError(error)
            }
        }
    }

    /// Runs `change` on the writer's thread in a transaction shared with others, and returns once it is on disk.
    ///
    /// - Parameters:
    ///   - bytes: about how much is written; bounds the group.
    ///   - change: may run twice, the first run being rolled back; so it must have no effect but on the database.
    @discardableResult
    func write<Value: Sendable>(
        bytes: Int = 0,
        _ change: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await gate.pass {
            do {
                return try await commits.write(bytes: bytes, change)
            } catch {
                throw ledgerError(error)
            }
        }
    }

    /// Waits until nobody reads or writes, then closes the file.
    func close() async throws {
        await gate.close()
        do {
            // Closing blocks, so it must not happen on a thread of Swift's concurrency.
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async { [pool] in
                    continuation.resume(with: Result { try pool.close() })
                }
            }
        } catch {
            throw ledgerError(error)
        }
    }

    private static func configuration(lockTimeout: Duration) -> Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .callback(BusyWait(limit: lockTimeout).callback)
        configuration.maximumReaderCount = 8
        // GRDB would end the process over a transaction that could not be rolled back; `GroupCommit` tries again.
        configuration.allowsUnsafeTransactions = true
        return configuration
    }

    private static func prepareWriter(of pool: DatabasePool) throws {
        try pool.writeWithoutTransaction { db in
            // After the pool is made, which sets NORMAL: a commit then may be lost with the power.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            // Zeroes what is deleted only where that costs no extra write; Debian's default costs one per page.
            try db.execute(sql: "PRAGMA secure_delete = FAST")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
            try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
            try db.execute(sql: "PRAGMA cache_size = -16384")
        }
    }
}
