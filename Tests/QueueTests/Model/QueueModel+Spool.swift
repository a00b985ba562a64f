import Penstock

/// Outcomes that wait for the ledger.
extension QueueModel {
    func isAnswered(_ name: String) -> Bool { spool.contains("j~\(name)") }

    /// - Returns: false when the lease is not held.
    mutating func spool(_ lease: Lease, endsJob: Bool) -> Bool {
        guard let held = holds(lease) else { return false }
        spool.insert(endsJob ? "j~\(held.name)" : "a~\(lease.token)")
        return true
    }

    mutating func unspool(_ fields: [String]) {
        for field in fields where spool.remove(field) != nil {
            let name = String(field.dropFirst(2))
            if entries[name]?.place == .answered { forget(name) }
        }
    }
}
