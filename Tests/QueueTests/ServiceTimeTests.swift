import Penstock
import Testing

@testable import Queue

/// Deadlines against how long calls take.
@Suite(.timeLimit(.minutes(1)))
struct ServiceTimeTests {
    @Test func whatCannotBeDoneInTimeIsHeldAndNotDroppedBeforeItsDeadline() async throws {
        try await Fixture.timed { fixture, time in
            try await fixture.teach(24, service: .seconds(10))
            _ = try await fixture.queue.tick()
            let hopeless = time.job(in: .seconds(3))
            try await fixture.enqueue([hopeless, time.job("other", in: .seconds(100))])
            #expect(try await fixture.take(5).map(\.job.tenant.text) == ["other"])
            #expect(try await fixture.queue.overdue(limit: 5).isEmpty)
            #expect(try await fixture.queue.explain(hopeless.id) != nil)

            try await time.advance(.seconds(3))
            #expect(try await fixture.queue.overdue(limit: 5).map(\.job.id) == [hopeless.id])
        }
    }

    @Test func samplesFadeSoThatItIsTriedAgain() async throws {
        try await Fixture.timed { fixture, time in
            try await fixture.teach(24, service: .seconds(10))
            _ = try await fixture.queue.tick()
            try await fixture.enqueue([time.job(in: .seconds(8))])
            #expect(try await fixture.take(1).isEmpty)
            // Of 24 samples 19 are left after five seconds.
            try await time.advance(.seconds(5))
            _ = try await fixture.queue.tick()
            #expect(try await fixture.take(1).count == 1)
        }
    }

    @Test func whatIsNearlySurelyInTimeGoesFirst() async throws {
        try await Fixture.timed { fixture, time in
            try await fixture.teach(12, service: .seconds(1))
            try await fixture.teach(12, service: .seconds(10))
            _ = try await fixture.queue.tick()
            let (tight, easy) = (time.job(in: .seconds(5)), time.job(in: .seconds(30)))
            try await fixture.enqueue([tight, easy])
            #expect(try await fixture.takeOne().job == easy)
            // It might still be done.
            #expect(try await fixture.takeOne().job == tight)
        }
    }

    @Test func fewSamplesSayNothing() async throws {
        try await Fixture.timed { fixture, time in
            try await fixture.teach(19, service: .seconds(10))
            _ = try await fixture.queue.tick()
            try await fixture.enqueue([time.job(in: .seconds(3))])
            #expect(try await fixture.take(1).count == 1)
        }
    }

    @Test func aTargetThatIsNotKnownMayBeFast() async throws {
        try await Fixture.timed(.test(targets: [.test("t1"), .test("t2")])) { fixture, time in
            try await fixture.queue.setControls(PoolControls(pausedTargets: ["t2"]))
            try await fixture.teach(24, service: .seconds(10))
            _ = try await fixture.queue.tick()
            try await fixture.enqueue([time.job(in: .seconds(3))])
            #expect(try await fixture.take(1).isEmpty)

            try await fixture.queue.setControls(PoolControls())
            try await time.advance(.seconds(1))
            #expect(try await fixture.take(1).count == 1)
        }
    }

    @Test func theFastestTargetThatMayBeCalledCounts() async throws {
        try await Fixture.timed(.test(targets: [.test("t1"), .test("t2")])) { fixture, time in
            for (paused, seconds) in [("t2", 1), ("t1", 10)] {
                try await fixture.queue.setControls(PoolControls(pausedTargets: [paused]))
                try await fixture.teach(24, service: .seconds(seconds))
            }
            _ = try await fixture.queue.tick()
            // Only the slow one may be called.
            try await fixture.enqueue([time.job(in: .seconds(4))])
            #expect(try await fixture.take(1).isEmpty)
            try await fixture.queue.setControls(PoolControls())
            try await time.advance(.seconds(1))
            #expect(try await fixture.take(1).count == 1)
        }
    }

    @Test func theClockGoingBackMakesNoSamples() async throws {
        try await Fixture.timed { fixture, time in
            try await time.advance(.seconds(20))
            try await fixture.teach(10, service: .seconds(10))
            _ = try await fixture.queue.tick()
            try await time.advance(.seconds(-30))
            _ = try await fixture.queue.tick()
            let samples = try #require(try await fixture.queue.experience().targets["t1"]?.samples)
            #expect(samples <= 10)
        }
    }

    @Test func whatWasMeasuredIsTold() async throws {
        try await Fixture.timed { fixture, _ in
            try await fixture.teach(12, service: .milliseconds(200))
            try await fixture.teach(12, service: .seconds(4))
            _ = try await fixture.queue.tick()
            let told = try #require(try await fixture.queue.experience().targets["t1"])
            #expect(told.samples == 24)
            // Buckets a fifth wide: p10 from below, the others from above.
            #expect((Duration.milliseconds(166)...(.milliseconds(200))).contains(told.p10))
            #expect((Duration.milliseconds(200)...(.milliseconds(240))).contains(told.p50))
            #expect((Duration.seconds(4)...(.milliseconds(4800))).contains(told.p95))
        }
    }
}

/// Estimates corrected by what was learned.
@Suite(.timeLimit(.minutes(1)))
struct EstimateTests {
    /// What one job takes of the limits when it starts.
    private func reserved(_ estimate: TokenEstimate, _ fixture: Fixture) async throws -> Int {
        let before = try await fixture.queue.overview(tenants: 1).takenTokens
        var job = fixture.job()
        job.estimate = estimate
        try await fixture.enqueue([job])
        let taken = try await fixture.takeOne()
        #expect(taken.job.estimate == estimate)
        let after = try await fixture.queue.overview(tenants: 1).takenTokens
        _ = try await fixture.queue.settle(taken.lease, .unused)
        #expect(try await fixture.queue.overview(tenants: 1).takenTokens == before)
        return after - before
    }

    @Test func inputFollowsTheRatioAndOutputWhatNineInTenDoNotExceed() async throws {
        try await Fixture.timed { fixture, _ in
            try await fixture.teach(18, usage: Usage(input: 150, output: 50))
            try await fixture.teach(3, usage: Usage(input: 150, output: 4000))
            _ = try await fixture.queue.tick()
            let model = try #require(try await fixture.queue.experience().models["gpt-small"])
            #expect(model.inputRatio == 1.5 && model.samples == 21)
            // Three of 21 are large, so nine in ten are not below: the upper edge of the bucket of 4000.
            #expect((4000...4800).contains(model.outputP90))
            #expect(try await reserved(TokenEstimate(input: 1000, output: 0), fixture) == 1500)
            #expect(try await reserved(TokenEstimate(input: 10, output: 300), fixture) == 15 + 300)
            #expect(try await reserved(TokenEstimate(input: 10, output: 90_000), fixture) == 15 + model.outputP90)
            #expect(
                try await reserved(TokenEstimate(input: 10, output: 256, isOutputGuessed: true), fixture)
                    == 15 + model.outputP90
            )
        }
    }

    @Test func rareLargeAnswersDoNotCount() async throws {
        try await Fixture.timed { fixture, _ in
            try await fixture.teach(23, usage: Usage(input: 100, output: 50))
            try await fixture.teach(1, usage: Usage(input: 100, output: 4000))
            _ = try await fixture.queue.tick()
            let p90 = try #require(try await fixture.queue.experience().models["gpt-small"]?.outputP90)
            #expect((50...60).contains(p90))
        }
    }

    @Test func fewSamplesCorrectNothing() async throws {
        try await Fixture.timed { fixture, _ in
            try await fixture.teach(19, usage: Usage(input: 150, output: 50))
            _ = try await fixture.queue.tick()
            #expect(try await fixture.queue.experience().models.isEmpty)
            #expect(try await reserved(TokenEstimate(input: 100, output: 300), fixture) == 400)
        }
    }

    @Test func theRatioIsBounded() async throws {
        try await Fixture.timed { fixture, _ in
            try await fixture.teach(24, usage: Usage(input: 100_000, output: 5))
            _ = try await fixture.queue.tick()
            #expect(try await reserved(TokenEstimate(input: 100, output: 0), fixture) == 400)
        }
    }

    @Test func callsWithoutUsageTeachNothing() async throws {
        try await Fixture.timed { fixture, _ in
            try await fixture.enqueue(fixture.jobs(24))
            for taken in try await fixture.take(24) {
                _ = try await fixture.queue.settle(taken.lease, .answered(service: .seconds(1)))
            }
            _ = try await fixture.queue.tick()
            #expect(try await fixture.queue.experience() == PoolExperience())
        }
    }
}
