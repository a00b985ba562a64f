package import Logging
import Penstock

/// The ledger of one machine: two SQLite files in one directory, open in any number of processes at once.
///
/// `ledger.sqlite` holds everything but files, `files.sqlite` holds files and their chunks, so that a long upload and a
/// job's row never share a commit. Tables: `ops/ledger.md`.
///
/// Writes run on one thread per file, concurrent ones share a commit, and the cancellation of the calling task does not
/// reach them. Reads run on other threads, never wait for writers, and throw `CancellationError` when cancelled.
package final class SQLiteLedger: Ledger {
    /// Jobs, attempts, batches, tenants: `ledger.sqlite`.
    let records: SQLiteStore
    /// Files and chunks: `files.sqlite`.
    let files: SQLiteStore
    /// Where both are.
    let directory: String

    /// Opens the ledger, makes directory and files where there are none (modes 0700 and 0600), and brings their tables
    /// up to this version. Blocks while another process does the same: meant for the start of a process.
    ///
    /// - Parameter lockTimeout: how long a commit waits for other processes' commits before it fails.
    /// - Throws: `LedgerUnavailable`, also when a newer version of Penstock made the files.
    package init(directory: String, logger: Logger, lockTimeout: Duration = .seconds(8)) throws {
        self.directory = directory
        let directory = LedgerDirectory(path: directory)
        try directory.create()
        let startupLock = try directory.lockStartup()
        defer { startupLock.release() }
        func open(_ file: String, _ schema: Schema) throws -> SQLiteStore {
            let path = try directory.createFile(file)
            return try SQLiteStore(path: path, schema: schema, lockTimeout: lockTimeout, logger: logger)
        }
        records = try open("ledger.sqlite", .records)
        files = try open("files.sqlite", .files)
    }

    /// Waits for every operation that has begun, then closes the files. Later operations throw `LedgerUnavailable`.
    package func close() async throws {
        try await records.close()
        try await files.close()
    }
}
