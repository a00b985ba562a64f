import Penstock
import Testing

@testable import Queue

/// Adaptive concurrency (AIMD).
@Suite(.timeLimit(.minutes(1)))
struct AdaptiveTests {
    private func run(
        _ adaptive: AdaptiveConcurrency,
        cap: Int? = nil,
        _ body: (Fixture, inout VirtualTime) async throws -> Void
    ) async throws {
        try await Fixture.timed(.test(targets: [.adaptive("t1", adaptive, cap: cap)])) { fixture, time in
            try await fixture.enqueue(fixture.jobs(200))
            try await body(fixture, &time)
        }
    }

    private func window(_ fixture: Fixture) async throws -> Int? { try await fixture.targetState("t1")?.maxRunning }

    @Test func itBeginsAsConfigured() async throws {
        try await run(AdaptiveConcurrency(initial: 3)) { fixture, _ in
            let taken = try await fixture.take(10)
            #expect(taken.count == 3)
            #expect(try await fixture.wait() == nil)
        }
    }

    @Test func eachAnswerAddsOneUntilTheFirstCut() async throws {
        try await run(AdaptiveConcurrency(initial: 2)) { fixture, _ in
            var running = try await fixture.take(10)
            for expected in 3...8 {
                _ = try await fixture.queue.settle(running.removeFirst().lease, .answered())
                #expect(try await window(fixture) == expected)
                running += try await fixture.take(10)
                #expect(running.count == expected)
            }
        }
    }

    @Test func refusalsOfOneFlightCutOnce() async throws {
        try await run(AdaptiveConcurrency(initial: 8)) { fixture, time in
            let flight = try await fixture.take(8)
            try await time.advance(.milliseconds(100))
            for job in flight.prefix(4) {
                _ = try await fixture.queue.settle(job.lease, .failed(.overloaded(for: nil)))
            }
            #expect(try await window(fixture) == 4)
            // One that began after the cut says something new.
            try await time.advance(.milliseconds(100))
            _ = try await fixture.queue.settle(flight[4].lease, .asEstimated)
            let later = try await fixture.takeOne()
            _ = try await fixture.queue.settle(later.lease, .failed(.overloaded(for: nil)))
            #expect(try await window(fixture) == 2)
        }
    }

    @Test func afterACutAWholeWindowOfAnswersAddsOne() async throws {
        try await run(AdaptiveConcurrency(initial: 8)) { fixture, time in
            var running = try await fixture.take(8)
            _ = try await fixture.queue.settle(running.removeFirst().lease, .failed(.overloaded(for: nil)))
            while running.count > 4 { _ = try await fixture.queue.settle(running.removeFirst().lease, .asEstimated) }
            var windows: [Int] = []
            for _ in 0..<5 {
                try await time.advance(.milliseconds(10))
                _ = try await fixture.queue.settle(running.removeFirst().lease, .answered())
                windows.append(try await window(fixture) ?? 0)
                running += try await fixture.take(1)
            }
            #expect(windows == [4, 4, 4, 4, 5])
        }
    }

    @Test func aWindowThatIsNotUsedDoesNotGrow() async throws {
        try await run(AdaptiveConcurrency(initial: 4)) { fixture, _ in
            for _ in 0..<5 {
                for job in try await fixture.take(3) { _ = try await fixture.queue.settle(job.lease, .answered()) }
            }
            #expect(try await window(fixture) == 4)
        }
    }

    @Test func itStaysWithinItsBounds() async throws {
        try await run(AdaptiveConcurrency(initial: 2, least: 2, most: 3)) { fixture, time in
            for _ in 0..<4 {
                for job in try await fixture.take(10) { _ = try await fixture.queue.settle(job.lease, .answered()) }
            }
            #expect(try await fixture.take(10).count == 3)
            let held = try await fixture.queue.overview(tenants: 1).running
            #expect(held == 3)
        }
        try await run(AdaptiveConcurrency(initial: 2, least: 2, most: 3)) { fixture, time in
            for _ in 0..<3 {
                try await time.advance(.milliseconds(10))
                let taken = try await fixture.takeOne()
                try await time.advance(.milliseconds(10))
                _ = try await fixture.queue.settle(taken.lease, .failed(.overloaded(for: nil)))
            }
            #expect(try await fixture.take(10).count == 2)
        }
    }

    @Test func aCapOfTheTargetHoldsBeside() async throws {
        try await run(AdaptiveConcurrency(initial: 8), cap: 5) { fixture, _ in
            let taken = try await fixture.take(10)
            #expect(taken.count == 5)
        }
    }

    @Test func whatTellsNothingChangesNothing() async throws {
        try await run(AdaptiveConcurrency(initial: 4)) { fixture, time in
            let flight = try await fixture.take(4)
            try await time.advance(.milliseconds(10))
            for job in flight { _ = try await fixture.queue.settle(job.lease, .failed(.none)) }
            #expect(try await window(fixture) == 4)
        }
    }

    @Test(arguments: [true, false])
    func aLateFirstByteCutsWhereItIsFollowed(_ follows: Bool) async throws {
        try await run(AdaptiveConcurrency(initial: 8, followsFirstByte: follows)) { fixture, time in
            let flight = try await fixture.take(8)
            try await time.advance(.milliseconds(10))
            _ = try await fixture.queue.settle(flight[0].lease, .answered(firstByte: .milliseconds(100)))
            _ = try await fixture.queue.settle(flight[1].lease, .answered(firstByte: .milliseconds(205)))
            #expect(try await window(fixture) == 9)
            _ = try await fixture.queue.settle(flight[2].lease, .answered(firstByte: .milliseconds(600)))
            #expect(try await window(fixture) == (follows ? 7 : 9))
        }
    }
}
