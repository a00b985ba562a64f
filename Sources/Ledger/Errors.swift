import GRDB
import Mongo
import Penstock

/// A stored value that no version of this module wrote.
struct DamagedRow: Error {
    let table: String
    let column: Int
}

/// The error a caller sees. It names what the store said and never contains a value, an argument or SQL.
func ledgerError(_ error: any Error) -> any Error {
    switch error {
    case is CancellationError, is LedgerUnavailable, is AnswersNotAdmitted: error
    case let error as DatabaseError: LedgerUnavailable("the ledger failed: \(name(of: error.extendedResultCode))")
    case let error as DamagedRow:
        LedgerUnavailable("the ledger has a damaged row: table \(error.table), column \(error.column)")
    case let error as MongoError: LedgerUnavailable("the ledger failed: \(error.description)")
    case let error as DamagedDocument: LedgerUnavailable("the ledger has a damaged document: field \(error.field)")
    default: LedgerUnavailable("the ledger has a damaged row")
    }
}

private func name(of code: ResultCode) -> String {
    let primary = primaryNames[code.primaryResultCode.rawValue] ?? "SQLITE"
    return code == code.primaryResultCode ? primary : "\(primary) (\(code.rawValue))"
}

private let primaryNames: [CInt: String] = [
    1: "SQLITE_ERROR", 2: "SQLITE_INTERNAL", 3: "SQLITE_PERM", 4: "SQLITE_ABORT", 5: "SQLITE_BUSY",
    6: "SQLITE_LOCKED", 7: "SQLITE_NOMEM", 8: "SQLITE_READONLY", 9: "SQLITE_INTERRUPT", 10: "SQLITE_IOERR",
    11: "SQLITE_CORRUPT", 13: "SQLITE_FULL", 14: "SQLITE_CANTOPEN", 15: "SQLITE_PROTOCOL", 17: "SQLITE_SCHEMA",
    18: "SQLITE_TOOBIG", 19: "SQLITE_CONSTRAINT", 20: "SQLITE_MISMATCH", 21: "SQLITE_MISUSE", 26: "SQLITE_NOTADB",
]
