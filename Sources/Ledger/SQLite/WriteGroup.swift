import GRDB

/// A write that waits for its transaction.
struct PendingWrite: Sendable {
    /// Tells the caller.
    typealias Answer = @Sendable () -> Void

    let bytes: Int
    /// Changes the database; the answer is for after the commit.
    let run: @Sendable (Database) throws -> Answer
    let fail: @Sendable (any Error) -> Void

    init<Value: Sendable>(
        bytes: Int,
        change: @escaping @Sendable (Database) throws -> Value,
        continuation: CheckedContinuation<Value, any Error>
    ) {
        self.bytes = bytes
        run = { db in
            let value = try change(db)
            return { continuation.resume(returning: value) }
        }
        fail = { continuation.resume(throwing: $0) }
    }
}

/// Writes of several callers that are committed together.
struct WriteGroup {
    let writes: [PendingWrite]

    /// Commits the writes in one transaction; a write that fails on its own account takes nobody with it.
    ///
    /// - Returns: the callers' answers, to be given now.
    func commit(in db: Database) -> [PendingWrite.Answer] {
        do {
            return try transaction(in: db) { try writes.map { try $0.run(db) } }
        } catch  where Self.concernsOneWrite(error) && writes.count > 1 {
            return commitOneByOne(in: db)
        } catch {
            return failures(error)
        }
    }

    /// The slower way, for groups in which a write has failed: each in its own savepoint.
    private func commitOneByOne(in db: Database) -> [PendingWrite.Answer] {
        do {
            return try transaction(in: db) { try writes.map { try isolated($0, in: db) } }
        } catch {
            return failures(error)
        }
    }

    private func isolated(_ write: PendingWrite, in db: Database) throws -> PendingWrite.Answer {
        var answer: PendingWrite.Answer = {}
        do {
            try db.inSavepoint {
                answer = try write.run(db)
                return .commit
            }
        } catch  where Self.concernsOneWrite(error) {
            answer = { write.fail(error) }
        }
        return answer
    }

    private func transaction<Value>(in db: Database, _ body: () throws -> Value) throws -> Value {
        // Nothing, unless the rollback below failed last time.
        try db.rollback()
        try db.beginTransaction(.immediate)
        do {
            let value = try body()
            try db.commit()
            return value
        } catch {
            // Most often SQLite has rolled back already. The first error tells what happened, so that one is thrown.
            try? db.rollback()
            throw error
        }
    }

    private func failures(_ error: any Error) -> [PendingWrite.Answer] {
        writes.map { write in { write.fail(error) } }
    }

    /// Whether an error comes from a write's own content, so that its neighbours may still succeed; not so a full disk.
    static func concernsOneWrite(_ error: any Error) -> Bool {
        guard let error = error as? DatabaseError else { return true }
        switch error.resultCode {
        case .SQLITE_CONSTRAINT, .SQLITE_ERROR, .SQLITE_TOOBIG, .SQLITE_MISMATCH, .SQLITE_CORRUPT, .SQLITE_RANGE:
            return true
        default: return false
        }
    }
}
