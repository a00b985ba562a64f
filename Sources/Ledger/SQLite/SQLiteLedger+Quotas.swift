import GRDB
import Glibc
package import Penstock

extension SQLiteLedger {
    /// As in the index `files_uploaded`, word by word, else SQLite does not use it.
    private static let sumUploads = """
        SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM files WHERE tenant = \(textArgument) AND batch IS NULL
        """
    private static let countOpenBatches = """
        SELECT COUNT(*) FROM batches WHERE \(unfinished) AND tenant = \(textArgument)
        """
    private static let countKeys = """
        SELECT COUNT(*) FROM (SELECT 1 FROM idempotency WHERE tenant = \(textArgument) LIMIT ?)
        """

    package func uploads(of tenant: TenantID) async throws -> FileHoldings {
        let found = try await files.read { db in
            try db.first(Self.sumUploads, [.text(tenant.text)], from: "files") { row in
                let count = try row.int()
                return FileHoldings(count: count, bytes: try row.int64())
            }
        }
        return found ?? FileHoldings(count: 0, bytes: 0)
    }

    package func openBatches(of tenant: TenantID) async throws -> Int {
        try await records.read { db in
            try db.first(Self.countOpenBatches, [.text(tenant.text)], from: "batches") { row in try row.int() } ?? 0
        }
    }

    package func idempotencyKeys(of tenant: TenantID, upTo limit: Int) async throws -> Int {
        try await records.read { db in
            let arguments: [DatabaseValue] = [.text(tenant.text), .integer(limit)]
            return try db.first(Self.countKeys, arguments, from: "idempotency") { row in try row.int() } ?? 0
        }
    }

    package func disk() async throws -> DiskSpace? {
        var found = statvfs()
        guard statvfs(directory, &found) == 0 else {
            throw LedgerUnavailable("cannot tell the free space of its directory: \(String(cString: strerror(errno)))")
        }
        let unit = Int64(found.f_frsize)
        return DiskSpace(total: Int64(found.f_blocks) * unit, free: Int64(found.f_bavail) * unit)
    }
}
