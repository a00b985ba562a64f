import Penstock
import TestTwins
import Testing

@testable import Scheduler

/// What callers change about a batch that goes on.
@Suite(.timeLimit(.minutes(1)))
struct OrdersTests {
    /// A batch that is fed as far as its window goes, driven until `body` ends.
    private func driven(_ scene: Scene, lines: Int, _ body: () async throws -> Void) async throws {
        try await scene.submit(Scene.lines(lines))
        let driving = Task { await scene.driver().drive(Scene.batch) }
        defer { driving.cancel() }
        try await scene.until { scene.small.edit { $0.items.count >= min(lines, 16) } }
        try await body()
        driving.cancel()
        await driving.value
    }

    private func waiting(_ scene: Scene) -> Int { scene.small.edit { $0.items.filter { $0.place == .waiting }.count } }
    private func held(_ scene: Scene) -> Int { scene.small.edit { $0.items.filter { $0.place == .held }.count } }

    @Test func aPausedBatchIsHeldAndNotFedAndGoesOnWhenResumed() async throws {
        let scene = Scene()
        try await driven(scene, lines: 60) {
            try await scene.order { $0.pause(at: scene.clock.now) }
            try await scene.until { held(scene) > 0 && waiting(scene) == 0 }
            let fed = scene.small.edit { $0.fedLines.count }
            #expect(try await scene.answer(scene.small, 60).isEmpty)
            try await scene.until { try await scene.stored().termsInQueues?.isPaused == true }
            #expect(scene.small.edit { $0.fedLines.count } == fed)

            try await scene.order { $0.resume() }
            let working = Task { await scene.work(scene.small) }
            try await scene.until { try await scene.stored().state == .completed }
            working.cancel()
            #expect(try await scene.stored().summary?.counts == BatchCounts(succeeded: 60))
            #expect(scene.small.edit { $0.fedLines } == Array(1...60))
        }
    }

    @Test func aPausedBatchCanBeCancelled() async throws {
        let scene = Scene()
        try await driven(scene, lines: 30) {
            try await scene.order { $0.pause(at: scene.clock.now) }
            try await scene.until { held(scene) > 0 }
            try await scene.order { $0.cancel(at: scene.clock.now) }
            try await scene.until { try await scene.stored().state == .cancelled }
            #expect(try await scene.stored().summary?.counts == BatchCounts(cancelled: 30))
            #expect(scene.small.edit { $0.items.isEmpty })
        }
    }

    @Test func aPausedBatchExpires() async throws {
        let scene = Scene()
        try await driven(scene, lines: 30) {
            try await scene.order { $0.pause(at: scene.clock.now) }
            try await scene.until { held(scene) > 0 }
            scene.clock.advance(by: .seconds(3600 + 31))
            try await scene.until { try await scene.stored().state == .expired }
            #expect(try await scene.stored().summary?.counts == BatchCounts(expired: 30))
        }
    }

    @Test func aBatchPausedWhileItIsValidatedIsNotFed() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(5))
        try await scene.order { $0.pause(at: scene.clock.now) }
        let driving = Task { await scene.driver().drive(Scene.batch) }
        try await scene.until { try await scene.stored().state == .inProgress }
        #expect(scene.small.edit { $0.fedLines.isEmpty })
        try await scene.order { $0.resume() }
        try await scene.until { scene.small.edit { $0.fedLines.count == 5 } }
        driving.cancel()
        await driving.value
    }

    @Test func anotherClassAndDeadlineHoldForWhatWaitsAndWhatIsStillFed() async throws {
        let scene = Scene()
        let later = Scene.start.adding(.seconds(7200))
        try await driven(scene, lines: 60) {
            try await scene.order { $0.change(JobChange(jobClass: .interactive, deadline: later)) }
            try await scene.until { try await scene.stored().termsInQueues?.jobClass == .interactive }
            let working = Task { await scene.work(scene.small) }
            try await scene.until { try await scene.stored().state == .completed }
            working.cancel()
            let rows = try await scene.ledger.rows(of: Scene.batch, .output, afterLine: 0, limit: 100)
            #expect(rows.count == 60)
            #expect(rows.allSatisfy { $0.jobClass == .interactive && $0.deadline == later })
        }
    }

    /// The owner died between the caller's change and the queue.
    @Test func whoeverTakesOverCarriesOutWhatIsMissing() async throws {
        let scene = Scene()
        let later = Scene.start.adding(.seconds(7200))
        try await driven(scene, lines: 10) {}
        try await scene.order { $0.pause(at: scene.clock.now) && $0.change(JobChange(deadline: later)) }
        #expect(held(scene) == 0)
        scene.clock.advance(by: scene.configuration.ownership)
        let driving = Task { await scene.driver("s2").drive(Scene.batch) }
        try await scene.until { held(scene) == 10 }
        #expect(scene.small.edit { $0.items.allSatisfy { $0.job.deadline == later } })
        try await scene.until { try await scene.stored().termsInQueues == scene.stored().terms }
        driving.cancel()
        await driving.value
    }

    @Test func aLaterDeadlineComesTooLateOnceTheRestEnds() async throws {
        let scene = Scene()
        try await driven(scene, lines: 5) {
            _ = try await scene.small.take(2, for: ConsumerName("w"))
            scene.clock.advance(by: .seconds(3601))
            // Calls under way get their time; the lines' fate is sealed.
            try await scene.until { try await scene.stored().state == .finalizing }
            var batch = try await scene.stored()
            let isTaken = batch.change(JobChange(deadline: Scene.start.adding(.seconds(9999))))
            #expect(!isTaken)
            scene.clock.advance(by: .seconds(30))
            try await scene.until { try await scene.stored().state == .expired }
        }
    }

    @Test func aQueueWithoutRoomIsWaitedFor() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(30))
        scene.small.edit { $0.feedFailure = QueueFull("pool_jobs") }
        let driving = Task { await scene.driver().drive(Scene.batch) }
        try await scene.until { scene.small.edit { $0.refusedFeeds > 0 } }
        #expect(try await scene.stored().owner == "s1")
        scene.small.edit { $0.feedFailure = nil }
        let working = Task { await scene.work(scene.small) }
        await driving.value
        working.cancel()
        #expect(try await scene.stored().state == .completed)
        #expect(scene.small.edit { $0.fedLines } == Array(1...30))
    }
}
