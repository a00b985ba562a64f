import Penstock
import Redis
import Testing

@testable import Queue

/// The fleet board in a real Redis.
@Suite(.timeLimit(.minutes(1)))
struct FleetBoardTests {
    private func run(_ body: (Fixture, RedisFleetBoard) async throws -> Void) async throws {
        try await Fixture.run { fixture in
            let board = RedisFleetBoard(client: fixture.client)
            defer { board.close() }
            try await body(fixture, board)
        }
    }

    private func report(_ name: String, draining: Bool = false) -> WorkerReport {
        WorkerReport(
            name: ConsumerName(name),
            set: .all,
            host: "host \"1\"",
            pid: 12,
            isDraining: draining,
            slots: 250,
            slotsInUse: 17,
            cpu: 0.375,
            since: Timestamp(milliseconds: 5)
        )
    }

    private func claim(_ fleet: String, _ count: Int, set: WorkerSetName = .all) -> FleetClaim {
        FleetClaim(
            fleet: fleet,
            set: set,
            host: "h",
            count: count,
            most: 8,
            failing: 1,
            since: Timestamp(milliseconds: 7)
        )
    }

    /// A plan with everything in it, as the next one is drawn from it.
    private func plan(at now: Timestamp, count: Int = 3) -> WorkerPlan {
        let pool = PoolName("p")
        var last: WorkerPlan?
        for second in 0..<12 {
            let load = PoolLoad(
                at: now.adding(.seconds(second - 11)),
                waiting: 5000,
                running: 40,
                takenJobs: second * 50,
                targets: [TargetOverview(name: "t", state: .available, running: 40, maxRunning: nil)],
                groups: [
                    LimitGroupOverview(
                        name: "g",
                        running: 40,
                        maxRunning: nil,
                        limits: [.init(dimension: .requests, perMinute: 3000, isLearned: false, use: 1)]
                    )
                ],
                groupsOfTargets: ["t": ["g"]],
                unfed: 3
            )
            last = WorkerPlan(
                of: WorkerSet(name: .all, pools: [pool]),
                after: last,
                loads: [pool: load],
                now: WorkersNow(ready: 2, claimed: 3, cpu: 1.25, failing: 0, room: 4),
                bounds: ScalingBounds(least: 0, most: 9, slots: 10),
                at: load.at
            )
        }
        var plan = last!
        plan.count = count
        return plan
    }

    @Test func aPlanIsReadAsItWasWritten() async throws {
        try await run { _, board in
            let empty = try await board.look(at: .all)
            #expect(empty.plan == nil && empty.fleets.isEmpty && empty.workers.isEmpty)
            let plan = plan(at: empty.now)
            #expect(plan.reason == .rateLimited && plan.demands[0].limit != nil && !plan.paces.isEmpty)
            try await board.publish(plan, waking: [])
            let look = try await board.look(at: .all)
            #expect(look.plan == plan)
            #expect(look.freshPlan != nil)
            #expect(try await board.look(at: WorkerSetName("p")).plan == nil)
        }
    }

    @Test func workersAreKnownWhileTheyReport() async throws {
        try await run { fixture, board in
            try await board.report(report("w1"))
            try await board.report(report("w2", draining: true))
            let look = try await board.look(at: WorkerSetName("other"))
            #expect(Set(look.workers.map(\.name.text)) == ["w1", "w2"])
            #expect(look.workers.first { $0.name.text == "w1" } == report("w1"))
            #expect(look.workersNow(of: .all) == WorkersNow(ready: 1, cpu: 0.75))
            try await board.withdraw(ConsumerName("w1"))
            #expect(try await board.look(at: .all).workers.map(\.name.text) == ["w2"])
            // One that fell silent.
            let old = look.now.adding(.seconds(-6)).milliseconds
            _ = try await fixture.client.send("HSET", "penstock:5:{*}:workers", "w3", "\(old) {}")
            #expect(try await board.look(at: .all).workers.map(\.name.text) == ["w2"])
            #expect(try await fixture.client.send("HLEN", "penstock:5:{*}:workers").int64 == 1)
        }
    }

    @Test func nobodyClaimsOnAnOldLook() async throws {
        try await run { _, board in
            let look = try await board.look(at: .all)
            #expect(try await board.claim(claim("a", 3), at: look.version))
            // Drawn from before.
            #expect(try await !board.claim(claim("b", 3), at: look.version))
            let next = try await board.look(at: .all)
            #expect(next.fleets == [claim("a", 3)])
            #expect(try await board.claim(claim("b", 1), at: next.version))
            // A claim that only goes on is no change.
            #expect(try await board.claim(claim("a", 3), at: 0))
            let both = try await board.look(at: .all)
            #expect(both.fleets.count == 2)
            #expect(both.workersNow(of: .all) == WorkersNow(claimed: 4, failing: 2, room: 16))
            #expect(try await board.look(at: WorkerSetName("p")).fleets.isEmpty)
            try await board.release(claim("a", 3))
            let left = try await board.look(at: .all)
            #expect(left.fleets.map(\.fleet) == ["b"] && left.version != both.version)
        }
    }

    @Test func aFleetThatFellSilentHasNoClaim() async throws {
        try await run { fixture, board in
            let look = try await board.look(at: .all)
            #expect(try await board.claim(claim("a", 3), at: look.version))
            let old = look.now.adding(.seconds(-5)).milliseconds
            let text = "\(old) 3 {}"
            _ = try await fixture.client.send("HSET", "penstock:5:{*}:fleets:*", "a", text)
            let later = try await board.look(at: .all)
            #expect(later.fleets.isEmpty && later.version > look.version + 1)
        }
    }

    @Test func oneTurnAtATime() async throws {
        try await run { _, board in
            #expect(try await board.takeTurn(at: .all, every: .seconds(60)))
            #expect(try await !board.takeTurn(at: .all, every: .seconds(60)))
            #expect(try await board.takeTurn(at: WorkerSetName("p"), every: .milliseconds(1)))
            try await Task.sleep(for: .milliseconds(5))
            #expect(try await board.takeTurn(at: WorkerSetName("p"), every: .seconds(60)))
        }
    }

    @Test func aPlanWakesFleetsAndRingsDoNotPileUp() async throws {
        try await run { fixture, board in
            let now = try await board.look(at: .all).now
            for _ in 0..<5 { try await board.publish(plan(at: now), waking: [claim("a", 1), claim("b", 1)]) }
            #expect(try await fixture.client.send("LLEN", "penstock:5:{*}:bell:*").int64 == 2)
            let start = ContinuousClock.now
            try await board.waitForPlan(of: .all, timeout: .seconds(30))
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }
}
