import Penstock
import ServiceLifecycle
import TestTwins
import Testing

@testable import InferenceWorker

@Suite(.timeLimit(.minutes(1)))
struct RetirementTests {
    @Test func aRetiringWorkerFinishesItsCallsHoweverLong() {
        let drain = WorkerDrain()
        drain.retire()
        drain.begin()
        let now = ContinuousClock.now
        #expect(drain.deadline(drain: .seconds(5), longestCall: .seconds(300)) > now + .seconds(290))
        // Told to end as well, it hurries from then on.
        drain.end()
        #expect(drain.deadline(drain: .seconds(5), longestCall: .seconds(300)) < now + .seconds(10))
    }

    @Test func aWorkerThatEndsHasTheTimeOfTheSettings() {
        let drain = WorkerDrain()
        drain.begin()
        drain.retire()
        let now = ContinuousClock.now
        #expect(drain.deadline(drain: .seconds(5), longestCall: .seconds(300)) < now + .seconds(6))
    }

    @Test func aWorkerSaysHowBusyItIs() async throws {
        let board = InMemoryFleetBoard()
        let scene = Scene(board: board) { _, _ in
            try? await Task.sleep(for: .milliseconds(1500))
            return .answer()
        }
        try await scene.queue.enqueue([scene.job("job_1"), scene.job("job_2")])
        try await scene.run {
            while board.snapshot.workers.first?.slotsInUse != 2 { try await Task.sleep(for: .milliseconds(5)) }
            let report = try #require(board.snapshot.workers.first)
            #expect(report.name == ConsumerName("worker-1") && report.slots == 8 && !report.isDraining)
            #expect(report.since == scene.clock.now)
        }
        #expect(board.snapshot.workers.isEmpty)
    }

    @Test func whatHasNotBegunIsHandedBack() async throws {
        let scene = Scene { _, _ in .answer() }
        // The reply of a take comes when the worker has been told to end.
        scene.queue.edit { $0.takeDelays = [.milliseconds(300)] }
        try await scene.queue.enqueue([scene.job("job_1")])
        try await scene.run { try await Task.sleep(for: .milliseconds(100)) }
        #expect(scene.caller.calls.isEmpty)
        #expect(scene.row("job_1") == nil)
        #expect(scene.queue.edit { $0.items.count } == 1)
    }
}
