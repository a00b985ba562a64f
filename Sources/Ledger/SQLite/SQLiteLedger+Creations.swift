import GRDB
package import Penstock

extension SQLiteLedger {
    package func begin(_ creation: Creation) async throws {
        try await records.write { db in
            try db.change(CreationTable.insert, CreationTable.name(creation) + [.time(creation.at)])
        }
    }

    package func answered(_ creation: Creation) async throws {
        try await records.write { db in try db.change(CreationTable.answer, CreationTable.name(creation)) }
    }

    package func forget(_ creation: Creation) async throws {
        try await records.write { db in try db.change(CreationTable.remove, CreationTable.name(creation)) }
    }

    package func claim(_ content: CreationContent, repetition number: Int, since moment: Timestamp) async throws
        -> Creation?
    {
        try await records.write { db in
            let found = try db.first(
                CreationTable.find,
                CreationTable.name(content) + [.time(moment), .integer(Int64(number))],
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
        var forgotten = 0
        while true {
            let some = try await records.write { db in try db.change(CreationTable.forget, [.time(moment)]) }
            forgotten += some
            if some < CreationTable.forgottenAtOnce { return forgotten }
        }
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
    static let answer = "UPDATE creations SET is_answered = 1 WHERE \(isContent) AND id = \(textArgument)"
    static let remove = "DELETE FROM creations WHERE \(isContent) AND id = \(textArgument)"
    static let find = """
        SELECT id, created_ms FROM creations WHERE \(isContent) AND created_ms >= ? AND claims < ?
        ORDER BY is_answered, claims DESC, created_ms DESC, id DESC LIMIT 1
        """
    static let claim = "UPDATE creations SET claims = claims + 1 WHERE \(isContent) AND id = \(textArgument)"
    /// In pieces, as other writers wait meanwhile.
    static let forget = """
        DELETE FROM creations WHERE (tenant, scope, hash, id) IN
        (SELECT tenant, scope, hash, id FROM creations WHERE created_ms < ? LIMIT \(forgottenAtOnce))
        """
    static let forgottenAtOnce = 5_000

    static func name(_ content: CreationContent) -> [DatabaseValue] {
        [.text(content.tenant.text), .text(content.scope), .text(content.hash)]
    }

    static func name(_ creation: Creation) -> [DatabaseValue] { name(creation.content) + [.text(creation.id)] }
}
