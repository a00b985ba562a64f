import Penstock
import Synchronization
import Telemetry
import TestTwins
import Testing

@testable import Scheduler

@Suite(.timeLimit(.minutes(1)))
struct PoolLoopTests {
    private let deadline = Scene.start.adding(.seconds(100))

    @Test func anEmptyPoolIsLeftAloneUntilItHoldsAJob() async throws {
        let scene = Scene()
        let loop = PoolLoop(keeper: scene.keeper, steps: scene.service.steps, extras: [])
        let running = Task { await loop.run() }
        defer { running.cancel() }
        try await scene.until { scene.small.edit { $0.sleeps == 1 } }
        #expect(scene.small.edit { $0.ticks } == 1)

        // What comes in is kept at once: here its deadline is over.
        try await scene.small.enqueue([Samples.job("job_1", deadline: Scene.start)])
        try await scene.until { scene.small.edit { $0.items.isEmpty } }
        #expect(try await scene.ledger.terminalRow(of: JobID("job_1"))?.state == .expired)
        try await scene.until { scene.small.edit { $0.sleeps == 2 } }
        running.cancel()
        await running.value
    }

    @Test func aPoolWithWorkIsKeptAtItsPace() async throws {
        let scene = Scene()
        try await scene.small.enqueue([Samples.job("job_1", deadline: deadline)])
        let running = Task { await PoolLoop(keeper: scene.keeper, steps: scene.service.steps, extras: []).run() }
        try await scene.until { scene.small.edit { $0.ticks >= 3 } }
        #expect(scene.small.edit { $0.sleeps } == 0)
        running.cancel()
        await running.value
    }

    @Test func aQueueThatCannotBeAskedIsAskedAgain() async throws {
        let scene = Scene()
        scene.small.edit { $0.failure = QueueUnavailable("down") }
        let running = Task { await PoolLoop(keeper: scene.keeper, steps: scene.service.steps, extras: []).run() }
        scene.small.edit { $0.failure = nil }
        try await scene.until { scene.small.edit { $0.sleeps > 0 } }
        running.cancel()
        await running.value
    }
}

@Suite(.timeLimit(.minutes(1)))
struct RemovedPoolTests {
    private let gone = PoolName("gone")

    private func removed(_ scene: Scene, grace: Duration = .seconds(3600)) -> RemovedPool {
        RemovedPool(keeper: scene.keeper, grace: grace)
    }

    private func fill(_ scene: Scene) async throws {
        let batch = BatchLine(batch: Scene.batch, number: 1, customID: "c")
        var line = Samples.job("batch_req_b1_1", deadline: Scene.start.adding(.seconds(86_400)))
        line.line = batch
        let late = Samples.job("job_late", deadline: Scene.start.adding(.seconds(10)))
        let good = (1...450).map { Samples.job("job_\($0)", deadline: Scene.start.adding(.seconds(86_400))) }
        try await scene.small.enqueue(good + [late, line])
    }

    @Test func jobsWaitForThePoolToComeBackAndThenEndWithAReason() async throws {
        let scene = Scene()
        let removed = removed(scene)
        try await fill(scene)
        try await removed.endUnserved()
        scene.clock.advance(by: .seconds(3599))
        try await removed.endUnserved()
        #expect(scene.small.edit { $0.items.count } == 452)
        scene.clock.advance(by: .seconds(1))
        try await removed.endUnserved()
        #expect(scene.small.edit { $0.items.isEmpty })
        let rows = scene.ledger.edit { $0.rows }
        #expect(rows.count == 452)
        #expect(rows[JobID("job_late")]?.state == .expired)
        for id in [JobID("job_1"), JobID("batch_req_b1_1")] {
            #expect(rows[id]?.state == .failed && rows[id]?.error?.errorClass == .penstockPoolRemoved)
        }
    }

    @Test func aPoolThatSomebodyServesIsNotEnded() async throws {
        let scene = Scene()
        let removed = removed(scene)
        try await fill(scene)
        try await removed.endUnserved()
        // A worker with other settings takes jobs: the time begins anew.
        scene.clock.advance(by: .seconds(3000))
        scene.small.edit { $0.overview.takenJobs = 5 }
        try await removed.endUnserved()
        scene.clock.advance(by: .seconds(3000))
        try await removed.endUnserved()
        #expect(scene.small.edit { $0.items.count } == 452)
        scene.small.edit { $0.overview.running = 1 }
        scene.clock.advance(by: .seconds(4000))
        try await removed.endUnserved()
        #expect(scene.small.edit { $0.items.count } == 452)
        scene.small.edit { $0.overview.running = 0 }
        try await removed.endUnserved()
        scene.clock.advance(by: .seconds(3600))
        try await removed.endUnserved()
        #expect(scene.small.edit { $0.items.isEmpty })
    }

    @Test func withoutTheLedgerNothingLeaves() async throws {
        let scene = Scene()
        try await fill(scene)
        scene.ledger.edit { $0.failure = LedgerUnavailable("down") }
        await #expect(throws: LedgerUnavailable.self) { try await removed(scene, grace: .zero).endUnserved() }
        #expect(scene.small.edit { $0.items.count } == 452)
    }

    /// Found by name beside the configured ones, kept like them, and ended.
    @Test func aPoolThatIsNotInTheSettingsIsFoundAndKept() async throws {
        var scene = Scene()
        scene.configuration.removedPoolGrace = .seconds(1)
        let queue = InMemoryQueue(gone, clock: scene.clock.clock, journal: scene.journal)
        try await queue.enqueue([Samples.job("job_1", deadline: Scene.start.adding(.seconds(86_400)))])
        let opened = Mutex<[PoolName]>([])
        let pools = UnconfiguredPools(
            known: { [gone, small = scene.small.pool] in [small, gone] },
            queue: { name in
                opened.withLock { $0.append(name) }
                return queue
            }
        )
        let removed = RemovedPools(service: scene.service, pools: pools)
        let running = Task { await removed.run() }
        try await scene.until { queue.edit { $0.ticks > 0 } }
        try await scene.until {
            scene.clock.advance(by: .milliseconds(100))
            return try await scene.ledger.terminalRow(of: JobID("job_1")) != nil
        }
        #expect(scene.ledger.edit { $0.rows[JobID("job_1")]?.error?.errorClass } == .penstockPoolRemoved)
        running.cancel()
        await running.value
        #expect(opened.withLock { $0 } == [gone])
    }
}
