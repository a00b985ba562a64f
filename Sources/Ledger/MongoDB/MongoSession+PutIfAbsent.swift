import Glibc
import Mongo
import Penstock

extension MongoSession {
    /// Puts a document unless its `_id`, or a unique key of it, is taken.
    ///
    /// - Returns: whether it was put.
    @discardableResult
    func insertNew(_ document: BSONDocument, into collection: String) throws -> Bool {
        guard let refusal = try insert([document], into: collection).first else { return true }
        guard refusal.error.kind == .duplicateKey else { throw refusal.error }
        return false
    }

    /// Reads the document that stood in the way of ours.
    func firstOnMajority<Value>(
        _ filter: BSONDocument,
        in collection: String,
        _ decode: (borrowing BSONFields) throws -> Value
    ) throws -> Value {
        try onMajority { try first(filter, in: collection, decode) }
    }

    /// A document may stand in our way before a majority of the servers has it, and is not read before that: so this
    /// looks again for a while.
    ///
    /// - Parameter look: nil as long as something is missing.
    /// - Throws: `LedgerUnavailable` when a majority still has not.
    func onMajority<Value>(_ look: () throws -> Value?) throws -> Value {
        let end = ContinuousClock.now + .seconds(5)
        while true {
            if let value = try look() { return value }
            guard ContinuousClock.now < end else {
                throw LedgerUnavailable("a write is not yet on a majority of the ledger's servers")
            }
            usleep(5000)
        }
    }
}
