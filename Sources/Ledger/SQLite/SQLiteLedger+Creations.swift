import GRDB
package import Penstock

extension SQLiteLedger {
    package func begin(_ creation: Creation) async throws {
        try await records.write { db in
            try db.change(CreationTable.insert, CreationTable.name(creation) + [.time(creation.at)])
        }
    }

    package func answered(_ creation: Creation) async throws {
        try await records.write { db in try db.change(CreationTable.remove, CreationTable.name(creation)) }
    }

    package func unanswered(_ content: CreationContent, since moment: Timestamp) async throws -> Creation? {
        try await records.write { db in
            let found = try db.first(
                CreationTable.find,
                CreationTable.name(content) + [.time(moment)],
                from: "creations"
            ) { row in
                let id = try row.text()
                return Creation(content: content, id: id, at: try row.time())
            }
            if let found { _ = try db.change(CreationTable.claim, CreationTable.name(found)) }
            return found
        }
    }

    package func forgetCreations(before moment: Timestamp) async throws -> Int {
        try await records.write { db in try db.change(CreationTable.forget, [.time(moment)]) }
    }
}

/// The table `creations`.
private enum CreationTable {
    private static let isContent =
        "tenant = \(textArgument) AND scope = \(textArgument) AND hash = \(textArgument)"

    static let insert = """
        INSERT INTO creations (tenant, scope, hash, id, created_ms, claims)
        VALUES (\(textArgument), \(textArgument), \(textArgument), \(textArgument), ?, 0) ON CONFLICT DO NOTHING
        """
    static let remove = "DELETE FROM creations WHERE \(isContent) AND id = \(textArgument)"
    /// The one that fewest have asked for, so that each of several repetitions gets its own.
    static let find = """
        SELECT id, created_ms FROM creations WHERE \(isContent) AND created_ms >= ?
        ORDER BY claims, created_ms, id LIMIT 1
        """
    static let claim = "UPDATE creations SET claims = claims + 1 WHERE \(isContent) AND id = \(textArgument)"
    static let forget = "DELETE FROM creations WHERE created_ms < ?"

    static func name(_ content: CreationContent) -> [DatabaseValue] {
        [.text(content.tenant.text), .text(content.scope), .text(content.hash)]
    }

    static func name(_ creation: Creation) -> [DatabaseValue] { name(creation.content) + [.text(creation.id)] }
}
