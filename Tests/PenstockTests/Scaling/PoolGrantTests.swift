import Penstock
import Testing

@Suite struct PoolGrantTests {
    @Test func withoutLimitsAnythingIsGranted() {
        let grant = PoolGrant(.test())
        #expect(grant.closed == nil && grant.callsPerSecond == nil && grant.calls == nil && grant.rateLimit == nil)
    }

    @Test func theTightestLimitIsTold() {
        let grant = PoolGrant(
            .test(cap: 64, requestsPerMinute: 3000, tokensPerMinute: 600_000) { $0.tokensPerJob = 400 }
        )
        #expect(grant.callsPerSecond == 25)
        #expect(grant.rateLimit == BindingLimit(group: "g", dimension: .tokens, limit: 600_000))
        #expect(grant.calls == 64)
        #expect(grant.callsLimit == BindingLimit(group: "g", dimension: .concurrency, limit: 64))
    }

    @Test func whatNobodyKnowsTheCostOfIsNoLimit() {
        #expect(PoolGrant(.test(tokensPerMinute: 600_000)).callsPerSecond == nil)
    }

    /// Two targets of one account, and one of another.
    private func shared(_ change: (inout PoolLoad) -> Void = { _ in }) -> PoolLoad {
        .test { load in
            load.targets = ["a", "b", "c"].map {
                TargetOverview(name: $0, state: .available, running: 0, maxRunning: 10)
            }
            load.groups = ["one", "two"].map { name in
                let limit = LimitGroupOverview.Limit(dimension: .requests, perMinute: 600, isLearned: false, use: 0)
                return LimitGroupOverview(name: name, running: 0, maxRunning: 15, limits: [limit])
            }
            load.groupsOfTargets = ["a": ["one"], "b": ["one"], "c": ["two"]]
            change(&load)
        }
    }

    @Test func whatTargetsShareIsGrantedOnce() {
        let grant = PoolGrant(shared())
        #expect(grant.callsPerSecond == 20)
        #expect(grant.calls == 25)
    }

    @Test func aTargetOutOfTheRunningGrantsNothing() {
        #expect(PoolGrant(shared { $0.targets[2].state = .paused }).callsPerSecond == 10)
        #expect(PoolGrant(shared { $0.groups[0].requestsLeftToday = 0 }).callsPerSecond == 10)
        let spent = PoolGrant(shared { for place in 0...1 { $0.groups[place].requestsLeftToday = 0 } })
        #expect(spent.callsPerSecond == 0 && spent.closed == nil)
        #expect(spent.rateLimit?.dimension == .requestsPerDay)
    }

    @Test func oneTargetWithoutLimitsSuffices() {
        #expect(PoolGrant(shared { $0.groupsOfTargets["c"] = [] }).callsPerSecond == nil)
    }

    @Test(arguments: [
        (TargetOverview.State.blocked(until: PoolLoad.start), PoolGrant.Closed.blocked),
        (.stopped(since: PoolLoad.start), .stopped), (.paused, .paused),
    ])
    func withoutAnOpenTargetItIsClosed(state: TargetOverview.State, closed: PoolGrant.Closed) {
        let grant = PoolGrant(.test(state: state, requestsPerMinute: 60))
        #expect(grant.closed == closed && grant.callsPerSecond == 0 && grant.calls == 0)
        #expect(PoolGrant(.test { $0.isPaused = true }).closed == .paused)
        // After a block one call tries.
        #expect(PoolGrant(.test(state: .probing)).closed == nil)
    }
}
