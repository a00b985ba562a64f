import Penstock
import Testing

@Suite struct WorkerWishTests {
    private let bounds = ScalingBounds(least: 0, most: 8, slots: 250)

    private func demand(_ calls: Double, _ reason: ScalingReason = .backlog, _ pool: String = "p") -> PoolDemand {
        var demand = PoolDemand(.test(), service: 1)
        (demand.pool, demand.calls, demand.reason) = (PoolName(pool), calls, reason)
        demand.needsWorker = calls > 0
        return demand
    }

    private func wish(_ demands: PoolDemand..., now: WorkersNow = WorkersNow(), _ bounds: ScalingBounds? = nil)
        -> WorkerWish
    {
        WorkerWish.desired(demands, now, bounds ?? self.bounds)
    }

    @Test func workersAreCountedBySlots() {
        #expect(wish(demand(1)).count == 1 && wish(demand(250)).count == 1 && wish(demand(251)).count == 2)
        #expect(wish(demand(980)).count == 4 && wish(demand(980)).reason == .backlog)
    }

    @Test func poolsShareWorkers() {
        let wish = wish(demand(100, .rateLimited, "a"), demand(160, .backlog, "b"), demand(0, .idle, "c"))
        #expect(wish.count == 2 && wish.reason == .backlog && wish.pool == PoolName("b"))
    }

    @Test func busyProcessorsAskForMore() {
        let wish = wish(demand(20), now: WorkersNow(ready: 2, cpu: 1.9))
        #expect(wish.count == 3 && wish.byCPU == 3 && wish.bySlots == 1 && wish.reason == .cpu && wish.pool == nil)
    }

    @Test func whatIdleWorkersUseIsNoWork() {
        let wish = wish(demand(0, .idle), now: WorkersNow(ready: 8, cpu: 0.2))
        #expect(wish.count == 0 && wish.reason == .idle)
    }

    @Test func settingsAndMachinesBoundIt() {
        #expect(wish(demand(9000)).count == 8 && wish(demand(9000)).reason == .atMax)
        let small = wish(demand(9000), now: WorkersNow(room: 3))
        #expect(small.count == 3 && small.reason == .atMax && small.most == 3)
        #expect(wish(demand(0, .idle), now: WorkersNow(), ScalingBounds(least: 2, most: 8)).count == 2)
        // What is not to be had is not asked for.
        #expect(wish(demand(0, .idle), now: WorkersNow(room: 1), ScalingBounds(least: 2, most: 8)).count == 1)
    }

    @Test func whileTheLedgerIsAwayNobodyIsAdded() {
        let wish = wish(demand(40, .ledgerDown, "a"), demand(900, .backlog, "b"), now: WorkersNow(ready: 2))
        #expect(wish.count == 2 && wish.reason == .ledgerDown)
    }

    @Test func workersThatCannotStartAreTold() {
        #expect(wish(demand(500), now: WorkersNow(ready: 0, failing: 2)).reason == .crashLoop)
        #expect(wish(demand(500), now: WorkersNow(ready: 2, failing: 1)).reason == .backlog)
    }
}
