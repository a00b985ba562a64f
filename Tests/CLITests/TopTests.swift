import JSON
import Testing

@testable import penstock

struct PoolDifferenceTests {
    private func tenant(
        _ name: String,
        _ jobClass: String = "standard",
        weight: Int = 1,
        waiting: Int = 5,
        served: Int?,
        parked: String? = nil
    ) -> TenantView {
        var tenant = TenantView(flow: .init(tenant: name, jobClass: jobClass))
        tenant.weight = weight
        tenant.waiting = waiting
        tenant.servedTokens = served
        tenant.parked = parked
        return tenant
    }

    private func pool(_ tenants: [TenantView] = [], jobs: Int? = 0, tokens: Int? = 0) -> PoolView {
        var pool = PoolView(id: "p")
        pool.tenants = tenants
        pool.takenJobs = jobs
        pool.takenTokens = tokens
        return pool
    }

    /// Looks ten seconds apart.
    private func difference(_ pools: PoolView...) -> PoolDifference {
        PoolDifference(pools.enumerated().map { (.seconds($0 * 10), $1) })
    }

    private func flow(_ name: String, _ jobClass: String = "standard") -> TenantView.Flow {
        .init(tenant: name, jobClass: jobClass)
    }

    @Test func ratesAreGrowthOverTime() {
        let found = difference(pool(jobs: 100, tokens: 1000), pool(jobs: 125, tokens: 3000))
        #expect(found.jobsPerSecond == 2.5)
        #expect(found.tokensPerMinute == 12_000)
    }

    @Test func oneLookTellsNothing() {
        let found = difference(pool([tenant("a", served: 7)], jobs: 5, tokens: 5))
        #expect(found == PoolDifference())
        #expect(found[flow("a")] == PoolDifference.Share())
    }

    @Test func looksAtTheSameMomentTellNothing() {
        #expect(PoolDifference([(.seconds(1), pool(jobs: 0)), (.seconds(1), pool(jobs: 9))]) == PoolDifference())
    }

    @Test func countersThatRanBackOrAreMissingGiveNoRate() {
        #expect(difference(pool(jobs: 9), pool(jobs: 8)).jobsPerSecond == nil)
        #expect(difference(pool(jobs: nil), pool(jobs: 8)).jobsPerSecond == nil)
        #expect(difference(pool([tenant("a", served: 9)]), pool([tenant("a", served: 8)]))[flow("a")] == .init())
    }

    @Test func sharesAreMeasuredAgainstWeights() {
        let found = difference(
            pool([tenant("a", weight: 1, served: 100), tenant("b", weight: 3, served: 0)]),
            pool([tenant("a", weight: 1, served: 300), tenant("b", weight: 3, served: 200)])
        )
        // Both got half; by weight a quarter and three quarters are due.
        #expect(found[flow("a")] == .init(tokensPerMinute: 1200, part: 0.5, againstWeight: 2))
        #expect(found[flow("b")].part == 0.5)
        #expect(found[flow("b")].againstWeight == 0.5 / 0.75)
    }

    @Test func classesDoNotCompete() {
        let found = difference(
            pool([tenant("a", "batch", served: 0), tenant("a", "interactive", served: 0)]),
            pool([tenant("a", "batch", served: 1), tenant("a", "interactive", served: 999)])
        )
        #expect(found[flow("a", "batch")].againstWeight == 1)
        #expect(found[flow("a", "interactive")].againstWeight == 1)
    }

    @Test func onlyThoseWithWorkInEveryLookAreCompared() {
        let before = [
            tenant("a", served: 0), tenant("idle before", waiting: 0, served: 0), tenant("held", served: 0),
            tenant("reweighted", weight: 1, served: 0), tenant("gone", served: 0),
        ]
        let after = [
            tenant("a", served: 100), tenant("idle before", served: 50), tenant("held", served: 10, parked: "slots"),
            tenant("reweighted", weight: 9, served: 40), tenant("new", served: 70),
        ]
        let found = difference(pool(before), pool(after))
        #expect(found[flow("a")] == .init(tokensPerMinute: 600, part: 1, againstWeight: 1))
        for name in ["idle before", "held", "reweighted"] {
            #expect(found[flow(name)].tokensPerMinute != nil)
            #expect(found[flow(name)].part == nil && found[flow(name)].againstWeight == nil)
        }
        for name in ["gone", "new"] { #expect(found[flow(name)] == .init()) }
    }

    @Test func aPauseInBetweenIsSeen() {
        let found = difference(
            pool([tenant("a", served: 0), tenant("b", served: 0)]),
            pool([tenant("a", waiting: 0, served: 0), tenant("b", served: 10)]),
            pool([tenant("a", served: 5), tenant("b", served: 20)])
        )
        #expect(found[flow("a")].againstWeight == nil)
        #expect(found[flow("b")].againstWeight == 1)
    }

    @Test func nothingServedIsNoShare() {
        let still = pool([tenant("a", served: 5), tenant("b", served: 5)])
        let found = difference(still, still)
        #expect(found[flow("a")] == .init(tokensPerMinute: 0, part: nil, againstWeight: nil))
    }

    @Test func aStarvedTenantHasZero() {
        let found = difference(
            pool([tenant("a", served: 5), tenant("b", served: 5)]),
            pool([tenant("a", served: 5), tenant("b", served: 15)])
        )
        #expect(found[flow("a")].againstWeight == 0)
        #expect(found[flow("b")].againstWeight == 2)
    }
}

struct LookHistoryTests {
    private func look(_ seconds: Int, taken: Int, id: String = "p") -> PoolsLook {
        var pool = PoolView(id: id)
        pool.takenJobs = taken
        return PoolsLook(time: .seconds(seconds), pools: [pool])
    }

    @Test func ratesSpanTheWindow() {
        var history = LookHistory(window: .seconds(30))
        for second in stride(from: 0, through: 60, by: 2) {
            history.record(look(second, taken: second < 30 ? 0 : (second - 30) * 4))
        }
        #expect(history.difference(of: "p").jobsPerSecond == 4)
        #expect(history.looks.count == 16)
    }

    @Test func slowLooksStillHaveRates() {
        var history = LookHistory(window: .seconds(30))
        history.record(look(0, taken: 0))
        history.record(look(100, taken: 100))
        history.record(look(200, taken: 300))
        #expect(history.difference(of: "p").jobsPerSecond == 2)
    }

    @Test func aQueueThatBeganAnewIsMeasuredAnew() {
        var history = LookHistory()
        history.record(look(0, taken: 1000))
        history.record(look(2, taken: 5))
        #expect(history.difference(of: "p").jobsPerSecond == nil)
        history.record(look(4, taken: 25))
        #expect(history.difference(of: "p").jobsPerSecond == 10)
    }

    @Test func aPoolThatIsNewHasNoRates() {
        var history = LookHistory()
        history.record(look(0, taken: 1))
        history.record(look(2, taken: 9, id: "q"))
        #expect(history.difference(of: "q") == PoolDifference())
    }
}

struct PoolReportTests {
    private func pool(_ text: String) throws -> PoolView {
        let root = try JSONDocument(parsing: Array(text.utf8)).root
        return try PoolView(#require(root["data"]?.elements.first { _ in true }))
    }

    private func lines(_ looks: String...) throws -> [String] {
        let seen = try looks.enumerated().map { (time: Duration.seconds($0 * 60), pool: try pool($1)) }
        let last = try #require(seen.last).pool
        return PoolReport(pool: last, difference: PoolDifference(seen)).lines(width: nil, colour: false)
    }

    @Test func everythingIsInItsColumn() throws {
        let found = try lines(Samples.pools(), Samples.pools((600, 600), taken: 120))
        #expect(
            found == [
                "POOL default  12 running  1,234 waiting  3 delayed  2 flows  2.0 jobs/s  12,000 tokens/min",
                "",
                "TARGET  STATE                               RUNNING  MAX    P10   P50   P95",
                "east    available                                12   50  800ms  1.2s  3.4s",
                "west    stopped since 2023-11-14 22:13:20Z        0    -      -     -     -",
                "north   paused: bad answers                       1    5      -     -     -",
                "",
                "LIMIT GROUP  LIMIT                       ALLOWED  USE  ",
                "account      at once                          64  19%  #---------",
                "account      requests/min                  3,000  97%  #########-",
                "account      input tokens/min  700,000 (learned)  50%  #####-----",
                "",
                "TENANT   CLASS     WEIGHT  WAITING  RUNNING  TOKENS/MIN  SHARE  /WEIGHT  HELD BY",
                "acme     standard       1       10        1         600    50%     2.00  ",
                "globex   standard       3       10        1         600    50%     0.67  ",
                "initech  standard       1       10        1           0      -        -  slots",
            ]
        )
    }

    @Test func oneLookHasDashes() throws {
        let found = try lines(Samples.pools())
        #expect(found[0].hasSuffix("- jobs/s  - tokens/min"))
        #expect(found.contains { $0.hasPrefix("acme") && $0.contains("-      -        -") })
    }

    @Test func aPauseSaysWhoAndWhy() throws {
        #expect(
            try lines(Samples.pools(paused: true))[1] == "paused since 2023-11-14 22:13:20Z by key_1: quota"
        )
    }

    @Test func missingFactsAreNoFault() throws {
        let found = try lines(#"{"data":[{"id":"p"}]}"#)
        #expect(
            found == ["POOL p  0 running  0 waiting  0 delayed  0 flows  - jobs/s  - tokens/min"]
        )
    }

    @Test(arguments: [(0.0, "0%"), (0.969, "97%"), (1.2, "120%"), (-1, "0%")]) func percents(
        part: Double,
        shown: String
    ) {
        #expect(RateText.percent(part) == shown)
    }

    @Test(arguments: [(0.0, "----------"), (0.97, "#########-"), (1.0, "##########"), (3, "##########")])
    func bars(part: Double, shown: String) {
        #expect(RateText.bar(part) == shown)
    }

    @Test(arguments: [(1.0, "1.00"), (0.666, "0.67"), (12.3456, "12.35")]) func ratios(value: Double, shown: String) {
        #expect(RateText.ratio(value) == shown)
    }
}
