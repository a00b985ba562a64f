import Penstock
import Redis
import Testing

@testable import Queue

/// What the autoscaler is told of a pool.
@Suite(.timeLimit(.minutes(1)))
struct LoadTests {
    private static let horizons: [Duration] = [.seconds(10), .seconds(100)]

    @Test func anUntouchedPoolHasNothing() async throws {
        try await Fixture.run { fixture in
            let load = try await fixture.queue.load(due: Self.horizons)
            #expect(load.waiting == 0 && load.running == 0 && load.takenJobs == 0 && load.tokensPerJob == nil)
            #expect(load.due == Self.horizons.map { PoolLoad.Due(within: $0, jobs: 0) })
            #expect(load.targets.map(\.name) == ["t1"] && load.targets[0].serviceTime == nil)
        }
    }

    @Test func everythingIsTold() async throws {
        let group = LimitGroup(name: "g", requestsPerMinute: 6000, requestsPerDay: 50)
        let pool = Pool.test(targets: [.test("t1", cap: 5, groups: ["g"])], groups: [group])
        try await Fixture.timed(pool) { fixture, time in
            try await fixture.queue.setPolicy(TenantPolicy(isPaused: true), for: TenantID(trusted: "paused"))
            try await fixture.queue.setPolicy(TenantPolicy(maxRunning: 1), for: TenantID(trusted: "capped"))
            _ = try await fixture.queue.tick()
            let soon = [fixture.job(deadlineIn: .seconds(8)), fixture.job(deadlineIn: .seconds(90))]
            try await fixture.enqueue(soon + fixture.jobs(3) + fixture.jobs(4, "paused") + fixture.jobs(5, "capped"))
            // Each tenant had its turn: the capped one was found at its cap.
            let taken = try await fixture.take(3) + fixture.take(1)
            let load = try await fixture.queue.load(due: Self.horizons)
            #expect(load.at == time.now)
            #expect(load.waiting == 14 - taken.count && load.running == taken.count && load.takenJobs == taken.count)
            // Held by their bounds: those of the paused tenant, and of the capped one all but the one that runs.
            #expect(load.heldByPauses == 4)
            #expect(taken.count { $0.job.tenant.text == "capped" } == 1 && load.heldByTenants == 4)
            #expect(load.tokensPerJob == 100)
            let soonLeft = 2 - taken.count { $0.job.deadline < time.now.adding(.seconds(100)) }
            #expect(load.due[1].jobs == soonLeft && load.due[0].jobs <= load.due[1].jobs)
            let limits = try #require(load.groups.first)
            #expect(limits.requestsLeftToday == 50 - taken.count)
            #expect(limits.limits.map(\.perCall) == [1])
            #expect(load.groupsOfTargets == ["t1": ["g"]])
            #expect(load.targets[0].running == taken.count && load.targets[0].maxRunning == 5)
        }
    }

    @Test func manyTenantsAreLookedAtQuickly() async throws {
        try await Fixture.run { fixture in
            for tenant in 0..<400 { try await fixture.enqueue(fixture.jobs(2, "t\(tenant)")) }
            let load = try await fixture.queue.load(due: [.seconds(5), .seconds(7200)])
            #expect(load.waiting == 800 && load.runnable == 800)
            // Of very many tenants only the most urgent ones are counted.
            #expect(load.due.map(\.jobs) == [0, 400])
        }
    }
}
