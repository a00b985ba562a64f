import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

@Suite(.timeLimit(.minutes(1)))
struct FleetLiveTests {
    private static let set = WorkerSet(name: .all, pools: [PoolName("large"), PoolName("small")])

    private static func plan(at moment: Timestamp) -> WorkerPlan {
        var load = PoolLoad(
            at: moment,
            waiting: 9000,
            running: 50,
            targets: [TargetOverview(name: "small-1", state: .available, running: 50, maxRunning: nil)],
            groups: [
                LimitGroupOverview(
                    name: "account",
                    running: 50,
                    maxRunning: nil,
                    limits: [.init(dimension: .requests, perMinute: 3000, isLearned: false, use: 1)]
                )
            ],
            groupsOfTargets: ["small-1": ["account"]]
        )
        load.targets[0].serviceTime = .init(samples: 99, p10: .seconds(1), p50: .seconds(1), p95: .seconds(1))
        return WorkerPlan(
            of: set,
            after: nil,
            loads: [PoolName("small"): load],
            now: WorkersNow(ready: 1, cpu: 0.1, room: 8),
            bounds: ScalingBounds(least: 0, slots: 40),
            at: moment
        )
    }

    @Test func whatIsWantedAndWhyIsTold() async throws {
        try await TestIntake.run { intake in
            intake.board.change { state in
                state.plans[.all] = Self.plan(at: state.now)
                state.workers = [
                    WorkerReport(
                        name: ConsumerName("worker@h:7:ab"),
                        set: .all,
                        host: "h",
                        pid: 7,
                        isDraining: false,
                        slots: 40,
                        slotsInUse: 39,
                        cpu: 0.1254,
                        since: Timestamp(milliseconds: 61_000)
                    )
                ]
                state.fleets = [
                    FleetClaim(fleet: "f", set: .all, host: "h", count: 2, most: 8, failing: 0, since: state.now)
                ]
            }
            let reply = try await intake.ask("GET", "/v1/admin/fleet", key: TestIntake.admin)
            #expect(reply.status == 200)
            let root = try reply.json()
            let set = try #require(root["sets"]?.elements.map { $0 }.first)
            #expect(set["id"]?.string == "*" && set["desired"]?.int64 == 2 && set["reason"]?.string == "rate_limited")
            let words = "2 of 8: pool small: the provider's 3,000 requests/min are used; more workers would not help"
            #expect(set["explanation"]?.string == words)
            #expect(set["ready"]?.int64 == 1 && set["slots_in_use"]?.int64 == 39 && set["max"]?.int64 == 8)
            let pool = try #require(set.path("inputs", "pools")?.elements.map { $0 }.first)
            #expect(pool["granted_per_second"]?.double == 50 && pool["service_time_ms"]?.int64 == 1000)
            #expect(pool["calls"]?.double == 50 && pool.path("limit", "group")?.string == "account")
            let worker = try #require(root["workers"]?.elements.map { $0 }.first)
            #expect(worker["state"]?.string == "ready" && worker["cpu"]?.double == 0.125)
            #expect(worker["since"]?.int64 == 61)
            #expect(root["fleets"]?.elements.map { $0 }.first?["share"]?.int64 == 2)
        }
    }

    @Test(arguments: [false, true])
    func withoutAPlanThatHoldsItIsBlind(isStale: Bool) async throws {
        try await TestIntake.run { intake in
            if isStale {
                intake.board.change { $0.plans[.all] = Self.plan(at: $0.now.adding(.seconds(-11))) }
            }
            let reply = try await intake.ask("GET", "/v1/admin/fleet", key: TestIntake.admin)
            let set = try #require(try reply.json()["sets"]?.elements.map { $0 }.first)
            #expect(set["reason"]?.string == "blind" && set["desired"]?.isNull == true)
            #expect(set["inputs"]?.isNull == true)
        }
    }

    @Test func itIsForAdministrators() async throws {
        try await TestIntake.run { intake in
            let reply = try await intake.ask("GET", "/v1/admin/fleet", key: TestIntake.acme)
            #expect(reply.status == 403)
        }
    }

    @Test func aQueueThatIsAwayIsSaidSo() async throws {
        try await TestIntake.run { intake in
            intake.board.change { $0.failure = QueueUnavailable("away") }
            let reply = try await intake.ask("GET", "/v1/admin/fleet", key: TestIntake.admin)
            #expect(reply.status == 503)
        }
    }
}
