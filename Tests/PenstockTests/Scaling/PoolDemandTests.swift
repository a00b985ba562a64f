import Penstock
import Testing

@Suite struct PoolDemandTests {
    @Test func theBacklogIsWorkedOffWithinTheTarget() {
        let demand = PoolDemand(.test { ($0.waiting, $0.unfed) = (2000, 28_000) }, service: 1)
        #expect(demand.wantedPerSecond == 1000 && demand.calls == 1000)
        #expect(demand.reason == .backlog && demand.needsWorker)
    }

    @Test func theLimitIsTheReason() {
        let demand = PoolDemand(.test(requestsPerMinute: 3000) { $0.waiting = 30_000 }, service: 1)
        #expect(demand.calls == 50 && demand.reason == .rateLimited)
        #expect(demand.limit == BindingLimit(group: "g", dimension: .requests, limit: 3000))
    }

    @Test func soIsACapOfCallsAtOnce() {
        let demand = PoolDemand(.test(cap: 64) { $0.waiting = 30_000 }, service: 1)
        #expect(demand.calls == 64 && demand.reason == .rateLimited && demand.limit?.dimension == .concurrency)
    }

    @Test func aLimitThatIsNotReachedIsNoReason() {
        let demand = PoolDemand(.test(cap: 640, requestsPerMinute: 300_000) { $0.waiting = 3000 }, service: 1)
        #expect(demand.calls == 100 && demand.reason == .backlog && demand.limit == nil)
    }

    @Test func thereAreNoMoreCallsThanJobs() {
        #expect(PoolDemand(.test { $0.waiting = 3 }, service: 250).calls == 3)
    }

    @Test func whileNobodyKnowsTheTimeOneWorkerFindsOut() {
        let demand = PoolDemand(.test { $0.waiting = 100_000 }, service: nil)
        #expect(demand.calls == 250 && demand.serviceSeconds == nil)
    }

    @Test func deadlinesAskForMore() {
        let load = PoolLoad.test {
            $0.waiting = 300
            $0.due = [.init(within: .seconds(5), jobs: 200), .init(within: .seconds(60), jobs: 300)]
        }
        let demand = PoolDemand(load, service: 1)
        #expect(demand.wantedPerSecond == 50 && demand.reason == .deadlineRisk)
        // What cannot be made any more asks for nothing.
        #expect(PoolDemand(load, service: 61).reason == .backlog)
    }

    @Test(arguments: [
        (TargetOverview.State.paused, ScalingReason.paused, false),
        (.stopped(since: PoolLoad.start), .providerBlocked, false),
        // Somebody has to try when the block ends.
        (.blocked(until: PoolLoad.start), .providerBlocked, true),
    ])
    func whereNothingMayBeCalledNobodyIsAskedFor(
        state: TargetOverview.State,
        reason: ScalingReason,
        needsWorker: Bool
    ) {
        let demand = PoolDemand(.test(state: state) { $0.waiting = 10_000 }, service: 1)
        #expect(demand.calls == 0 && demand.reason == reason && demand.needsWorker == needsWorker)
        let running = PoolDemand(.test(state: state) { ($0.waiting, $0.running) = (9, 4) }, service: 1)
        #expect(running.calls == 4 && running.needsWorker)
        #expect(PoolDemand(.test(state: state), service: 1).reason == .idle)
    }

    @Test func aLedgerThatIsAwayHoldsBack() {
        let demand = PoolDemand(
            .test { ($0.waiting, $0.running, $0.spooledBytes) = (30_000, 40, 1) },
            service: 1
        )
        #expect(demand.reason == .ledgerDown && demand.calls == 40)
    }

    @Test func whatTenantsHoldBackIsNoBacklog() {
        let held = PoolDemand(.test { ($0.waiting, $0.heldByTenants) = (500, 500) }, service: 1)
        #expect(held.calls == 0 && held.reason == .rateLimited && held.limit == nil && held.needsWorker)
        let paused = PoolDemand(.test { ($0.waiting, $0.heldByPauses) = (500, 500) }, service: 1)
        #expect(paused.calls == 0 && paused.reason == .paused && !paused.needsWorker)
    }

    @Test func nothingIsIdle() {
        let demand = PoolDemand(.test { $0.delayed = 4 }, service: 1)
        #expect(demand.reason == .idle && demand.calls == 0 && !demand.needsWorker)
    }

    @Test func whatWasLearnedOfCallsBoundsTheTime() {
        let load = PoolLoad.test {
            $0.waiting = 3000
            $0.targets[0].serviceTime = .init(samples: 50, p10: .seconds(1), p50: .seconds(2), p95: .seconds(4))
        }
        #expect(PoolDemand(load, service: nil).serviceSeconds == 2)
        #expect(PoolDemand(load, service: 0.1).serviceSeconds == 2)
        #expect(PoolDemand(load, service: 3).serviceSeconds == 3)
        #expect(PoolDemand(load, service: 900).serviceSeconds == 6)
    }
}
