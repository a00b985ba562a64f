/// How fleets share the workers that a plan wants: each keeps what it has, the one with the fewest takes more, the one
/// with the most gives up. Every fleet that sees the same claims comes to the same answer.
package enum FleetShares {
    /// - Parameters:
    ///   - count: workers that are wanted in all.
    ///   - claims: those of all fleets that live, the caller's own included.
    /// - Returns: what each should claim next, by its name.
    package static func split(_ count: Int, among claims: [FleetClaim]) -> [String: Int] {
        var shares = claims.sorted { $0.fleet < $1.fleet }.map { Share(claim: $0, count: min($0.count, $0.most)) }
        var left = count - shares.reduce(0) { $0 + $1.count }
        while left > 0, let place = place(in: shares, by: <, where: { $0.count < $0.claim.most }) {
            shares[place].count += 1
            left -= 1
        }
        while left < 0, let place = place(in: shares, by: >, where: { $0.count > 0 }) {
            shares[place].count -= 1
            left += 1
        }
        return Dictionary(shares.map { ($0.claim.fleet, $0.count) }) { first, _ in first }
    }

    private struct Share {
        let claim: FleetClaim
        var count: Int
    }

    /// The first of those that `isBefore` puts in front, of those that `isAllowed`.
    private static func place(
        in shares: [Share],
        by isBefore: (Int, Int) -> Bool,
        where isAllowed: (Share) -> Bool
    ) -> Int? {
        var best: Int?
        for place in shares.indices where isAllowed(shares[place]) {
            if let known = best, !isBefore(shares[place].count, shares[known].count) { continue }
            best = place
        }
        return best
    }
}
