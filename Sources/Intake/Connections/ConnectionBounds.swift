/// How many connections there may be, and who goes when there is no room.
struct ConnectionBounds: Sendable {
    enum Decision: Equatable {
        case admit
        /// Takes the place of an idle one, by its number.
        case replace(Int)
        case refuse
    }

    /// What the decision needs to know of an open connection.
    struct Candidate {
        let number: Int
        let address: String
        /// Nil while it has something to do.
        let idleSince: ContinuousClock.Instant?
    }

    let total: Int
    /// Nil for no limit of its own.
    let perAddress: Int?

    /// Connections of an address that has too many make room for each other, not at the cost of others.
    func decide(_ address: String, among open: some Collection<Candidate>) -> Decision {
        if let perAddress {
            let mine = open.filter { $0.address == address }
            if mine.count >= perAddress { return Self.replaceOldest(of: mine) }
        }
        return open.count < total ? .admit : Self.replaceOldest(of: open)
    }

    private static func replaceOldest(of open: some Collection<Candidate>) -> Decision {
        let idle = open.compactMap { one in one.idleSince.map { (since: $0, number: one.number) } }
        return idle.min { $0.since < $1.since }.map { .replace($0.number) } ?? .refuse
    }
}
