import Penstock
import Testing

@Suite struct FleetSharesTests {
    private func split(_ count: Int, _ claims: (String, has: Int, most: Int)...) -> [String: Int] {
        FleetShares.split(
            count,
            among: claims.map {
                FleetClaim(
                    fleet: $0.0,
                    set: .all,
                    host: "h",
                    count: $0.has,
                    most: $0.most,
                    failing: 0,
                    since: PoolLoad.start
                )
            }
        )
    }

    @Test func aLoneFleetTakesAll() {
        #expect(split(4, ("a", 0, 8)) == ["a": 4])
        #expect(split(9, ("a", 2, 8)) == ["a": 8])
    }

    @Test func fleetsTakeTurns() {
        #expect(split(5, ("b", 0, 8), ("a", 0, 8)) == ["a": 3, "b": 2])
        #expect(split(9, ("a", 0, 2), ("b", 0, 8)) == ["a": 2, "b": 7])
    }

    @Test func whatRunsStaysWhereItIs() {
        #expect(split(4, ("a", 4, 8), ("b", 0, 8)) == ["a": 4, "b": 0])
        #expect(split(6, ("a", 4, 8), ("b", 0, 8)) == ["a": 4, "b": 2])
    }

    @Test func whoHasMostGivesUpFirst() {
        #expect(split(3, ("a", 4, 8), ("b", 1, 8)) == ["a": 2, "b": 1])
        #expect(split(0, ("a", 4, 8), ("b", 1, 8)) == ["a": 0, "b": 0])
    }

    @Test func aMachineThatAllowsLessGivesUp() {
        #expect(split(6, ("a", 6, 2), ("b", 0, 8)) == ["a": 2, "b": 4])
    }
}
