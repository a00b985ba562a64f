import Penstock
import Redis
import Testing

@testable import Queue

/// Pauses of a pool, a target, a tenant, a batch.
@Suite(.timeLimit(.minutes(1)))
struct PauseTests {
    private static let batch = BatchID("batch_x")

    private func reason(_ fixture: Fixture, _ tenant: TenantID = .acme) async throws -> JobStatus.Phase? {
        try await fixture.queue.liveJobs(of: tenant, limit: 1).first?.phase
    }

    /// All pages of a pause.
    private func setPaused(_ isPaused: Bool, _ fixture: Fixture) async throws {
        var cursor: String?
        repeat {
            cursor = try await fixture.queue.setPaused(isPaused, linesOf: Self.batch, after: cursor, limit: 50)
        } while cursor != nil
    }

    private func feed(_ numbers: ClosedRange<Int>, _ fixture: Fixture) async throws {
        let from = try await fixture.queue.feedState(of: Self.batch)?.cursor
        let to = FeedCursor(line: numbers.upperBound + 1, offset: 1)
        let lines = fixture.lines(numbers, of: Self.batch)
        #expect(try await fixture.queue.feed(Self.batch, lines: lines, from: from, to: to))
    }

    @Test func aPausedPoolStartsNothing() async throws {
        try await Fixture.timed { fixture, _ in
            try await fixture.enqueue(fixture.jobs(5))
            let running = try await fixture.takeOne()
            try await fixture.queue.setControls(PoolControls(isPaused: true))
            #expect(try await fixture.wait() == nil)
            #expect(try await reason(fixture) == .waiting(.paused))
            #expect(try await fixture.queue.overview(tenants: 1).isPaused)
            // What runs goes on.
            #expect(try await fixture.queue.renew([running.lease], for: fixture.worker).isEmpty)
            #expect(try await fixture.queue.settle(running.lease, .asEstimated))

            try await fixture.queue.setControls(PoolControls())
            #expect(try await fixture.take(5).count == 4)
        }
    }

    @Test func aPausedTargetIsNotCalled() async throws {
        try await Fixture.timed(.test(targets: [.test("t1"), .test("t2")])) { fixture, _ in
            try await fixture.enqueue(fixture.jobs(20))
            try await fixture.queue.setControls(PoolControls(pausedTargets: ["t1"]))
            #expect(Set(try await fixture.takenTargets(4)) == ["t2"])
            #expect(try await fixture.targetState("t1")?.state == .paused)
            try await fixture.queue.setControls(PoolControls(pausedTargets: ["t1", "t2"]))
            #expect(try await fixture.wait() == nil)
            #expect(try await reason(fixture) == .waiting(.paused))
            // Who is not named any more goes on.
            try await fixture.queue.setControls(PoolControls(pausedTargets: ["t2"]))
            #expect(Set(try await fixture.takenTargets(4)) == ["t1"])
        }
    }

    @Test func aPausedTenantStartsNothingAndOthersGoOn() async throws {
        try await Fixture.timed { fixture, _ in
            try await fixture.enqueue(fixture.jobs(5) + fixture.jobs(3, "other"))
            try await fixture.queue.setPolicy(TenantPolicy(isPaused: true), for: .acme)
            #expect(Set(try await fixture.take(9).map(\.job.tenant.text)) == ["other"])
            #expect(try await reason(fixture) == .waiting(.paused))
            #expect(try await fixture.queue.overview(tenants: 5).tenants.map(\.parked) == [.paused])
            try await fixture.queue.setPolicy(TenantPolicy(), for: .acme)
            #expect(try await fixture.take(9).count == 5)
        }
    }

    @Test func aPauseIsNoCredit() async throws {
        try await Fixture.timed { fixture, _ in
            try await fixture.enqueue(fixture.jobs(100) + fixture.jobs(200, "other"))
            try await fixture.queue.setPolicy(TenantPolicy(isPaused: true), for: .acme)
            _ = try await fixture.serve(60)
            try await fixture.queue.setPolicy(TenantPolicy(), for: .acme)
            let mine = try await fixture.serve(40).filter { $0.tenant == .acme }.count
            #expect((19...21).contains(mine), "\(mine)")
        }
    }

    @Test func linesOfAPausedBatchAreHeld() async throws {
        try await Fixture.timed { fixture, _ in
            try await feed(1...60, fixture)
            try await fixture.enqueue(fixture.jobs(60))
            let first = try await fixture.take(24).filter { $0.job.line != nil }
            let line = try #require(first.first)
            try await setPaused(true, fixture)
            try await setPaused(true, fixture)

            let others = try await fixture.take(100)
            #expect(others.allSatisfy { $0.job.line == nil })
            let held = JobID(batch: Self.batch, line: 60)
            #expect(try await fixture.queue.explain(held)?.phase == .waiting(.paused))
            // One that runs is held when it comes back.
            #expect(
                try await fixture.queue.retry(line.lease, .asEstimated, after: .zero, countsAttempt: true)
            )
            #expect(try await fixture.take(10).isEmpty)
            #expect(try await fixture.queue.feedState(of: Self.batch)?.live == 60)
            #expect(try await Audit(fixture).problems.isEmpty)

            try await setPaused(false, fixture)
            let lines = try await fixture.take(100)
            #expect(lines.contains { $0.job.id == line.job.id && $0.earlierAttempts == 1 })
            #expect(lines.count == 60 - first.count + 1)
        }
    }

    @Test func aLineWhoseRetryIsDelayedIsHeldWhenItComesBack() async throws {
        try await Fixture.timed { fixture, time in
            try await feed(1...2, fixture)
            let taken = try await fixture.take(2)
            for job in taken {
                _ = try await fixture.queue.retry(job.lease, .asEstimated, after: .seconds(5), countsAttempt: true)
            }
            try await setPaused(true, fixture)
            try await time.advance(.seconds(6))
            _ = try await fixture.queue.tick()
            #expect(try await fixture.take(5).isEmpty)
            #expect(try await fixture.queue.explain(taken[0].job.id)?.phase == .waiting(.paused))
            try await setPaused(false, fixture)
            #expect(try await fixture.take(5).count == 2)
        }
    }

    @Test func aLineThatIsFedWhileItsBatchIsPausedIsHeld() async throws {
        try await Fixture.timed { fixture, _ in
            try await feed(1...2, fixture)
            try await setPaused(true, fixture)
            try await feed(3...4, fixture)
            #expect(try await fixture.take(5).isEmpty)
            #expect(try await Audit(fixture).problems.isEmpty)
            try await setPaused(false, fixture)
            #expect(try await fixture.take(5).count == 4)
        }
    }

    @Test func heldLinesExpireAtTheirDeadline() async throws {
        try await Fixture.timed { fixture, time in
            var lines = fixture.lines(1...2, of: Self.batch)
            for index in lines.indices { lines[index].deadline = time.now.adding(.seconds(4)) }
            _ = try await fixture.queue.feed(Self.batch, lines: lines, from: nil, to: .end)
            try await setPaused(true, fixture)
            try await time.advance(.milliseconds(3999))
            _ = try await fixture.queue.tick()
            #expect(try await fixture.queue.overdue(limit: 5).isEmpty)
            #expect(try await fixture.take(5).isEmpty)
            try await time.advance(.milliseconds(1))
            _ = try await fixture.queue.tick()
            #expect(try await fixture.queue.overdue(limit: 5).count == 2)
            #expect(try await fixture.take(5).isEmpty)
            #expect(try await Audit(fixture).problems.isEmpty)
        }
    }

    @Test func pausingABatchThatIsNotHereDoesNothing() async throws {
        try await Fixture.timed { fixture, _ in
            for isPaused in [true, false] {
                let next = try await fixture.queue.setPaused(isPaused, linesOf: Self.batch, after: nil, limit: 5)
                #expect(next == nil)
            }
        }
    }
}

/// Class and deadline changed of what is live.
@Suite(.timeLimit(.minutes(1)))
struct ChangeTests {
    @Test func aWaitingJobGoesByItsNewDeadline() async throws {
        try await Fixture.timed { fixture, time in
            let jobs = [time.job(in: .seconds(100)), time.job(in: .seconds(200)), time.job(in: .seconds(300))]
            try await fixture.enqueue(jobs)
            let soon = time.now.adding(.seconds(50))
            #expect(try await fixture.queue.change([jobs[2].id, JobID("job_no")], JobChange(deadline: soon)) == 1)
            let first = try await fixture.takeOne()
            #expect(first.job.id == jobs[2].id && first.job.deadline == soon)
            #expect(try await fixture.takeOne().job.id == jobs[0].id)
            #expect(try await Audit(fixture).problems.isEmpty)
        }
    }

    @Test func aWaitingJobGoesInItsNewClass() async throws {
        try await Fixture.timed { fixture, _ in
            let jobs = fixture.jobs(2, "acme", .batch)
            try await fixture.enqueue(jobs)
            let toInteractive = JobChange(jobClass: .interactive)
            #expect(try await fixture.queue.change([jobs[0].id], toInteractive) == 1)
            #expect(try await fixture.queue.change([jobs[0].id], toInteractive) == 1)
            #expect(try await Audit(fixture).problems.isEmpty)
            #expect(try await fixture.client.send("ZCARD", fixture.keys("vt:interactive")).int64 == 1)
            let taken = try await fixture.take(2)
            #expect(taken.first { $0.job.id == jobs[0].id }?.job.jobClass == .interactive)
            #expect(taken.first { $0.job.id == jobs[1].id }?.job.jobClass == .batch)
        }
    }

    @Test func aRunningJobHasTheChangeWhenItWaitsAgain() async throws {
        try await Fixture.timed { fixture, time in
            let job = time.job(in: .seconds(100))
            try await fixture.enqueue([job])
            let taken = try await fixture.takeOne()
            let later = time.now.adding(.seconds(500))
            #expect(try await fixture.queue.change([job.id], JobChange(jobClass: .batch, deadline: later)) == 1)
            #expect(try await fixture.queue.renew([taken.lease], for: fixture.worker).isEmpty)
            #expect(try await Audit(fixture).problems.isEmpty)
            _ = try await fixture.queue.retry(taken.lease, .asEstimated, after: .zero, countsAttempt: true)
            let again = try await fixture.takeOne()
            #expect(again.job.jobClass == .batch && again.job.deadline == later && again.earlierAttempts == 1)
        }
    }

    @Test func aDelayedJobIsOverdueAtItsNewDeadline() async throws {
        try await Fixture.timed { fixture, time in
            let job = time.job(in: .seconds(1000))
            try await fixture.enqueue([job])
            let taken = try await fixture.takeOne()
            _ = try await fixture.queue.retry(taken.lease, .asEstimated, after: .seconds(500), countsAttempt: true)
            #expect(try await fixture.queue.change([job.id], JobChange(deadline: time.now.adding(.seconds(5)))) == 1)
            try await time.advance(.seconds(5))
            _ = try await fixture.queue.tick()
            #expect(try await fixture.queue.overdue(limit: 5).map(\.job.id) == [job.id])
        }
    }

    @Test func aDelayedJobKeepsItsTimeWhenItGetsMore() async throws {
        try await Fixture.timed { fixture, time in
            let job = time.job(in: .seconds(1000))
            try await fixture.enqueue([job])
            let taken = try await fixture.takeOne()
            _ = try await fixture.queue.retry(taken.lease, .asEstimated, after: .seconds(5), countsAttempt: true)
            _ = try await fixture.queue.change([job.id], JobChange(deadline: time.now.adding(.seconds(9000))))
            try await time.advance(.seconds(5))
            _ = try await fixture.queue.tick()
            #expect(try await fixture.takeOne().job.id == job.id)
        }
    }

    @Test(arguments: [1, 20])
    func aHeldLineKeepsBeingHeldUntilItsNewDeadline(_ seconds: Int) async throws {
        try await Fixture.timed { fixture, time in
            let batch = BatchID("batch_x")
            var lines = fixture.lines(1...1, of: batch)
            lines[0].deadline = time.now.adding(.seconds(10))
            _ = try await fixture.queue.feed(batch, lines: lines, from: nil, to: .end)
            _ = try await fixture.queue.setPaused(true, linesOf: batch, after: nil, limit: 50)
            let deadline = time.now.adding(.seconds(seconds))
            #expect(try await fixture.queue.change([lines[0].id], JobChange(deadline: deadline)) == 1)
            try await time.set(deadline.adding(.milliseconds(-1)))
            _ = try await fixture.queue.tick()
            #expect(try await fixture.queue.explain(lines[0].id)?.phase == .waiting(.paused))
            try await time.set(deadline)
            _ = try await fixture.queue.tick()
            #expect(try await fixture.queue.overdue(limit: 5).map(\.job.id) == [lines[0].id])
        }
    }

    @Test func aDeadlineThatIsOverExpiresTheJob() async throws {
        try await Fixture.timed { fixture, time in
            let job = time.job(in: .seconds(100))
            try await fixture.enqueue([job, time.job(in: .seconds(100))])
            _ = try await fixture.queue.change([job.id], JobChange(deadline: time.now.adding(.seconds(-1))))
            #expect(try await fixture.take(5).count == 1)
            #expect(try await fixture.queue.overdue(limit: 5).map(\.job.id) == [job.id])
        }
    }

    @Test func aTenantThatIsHeldBackStaysSoInItsNewClass() async throws {
        try await Fixture.timed { fixture, _ in
            let jobs = fixture.jobs(3)
            try await fixture.queue.setPolicy(TenantPolicy(maxRunning: 1), for: .acme)
            try await fixture.enqueue(jobs)
            let taken = try await fixture.takeOne()
            #expect(try await fixture.take(1).isEmpty)
            let waiting = jobs.map(\.id).filter { $0 != taken.job.id }
            #expect(try await fixture.queue.change(waiting, JobChange(jobClass: .interactive)) == 2)
            #expect(try await fixture.take(1).isEmpty)
            #expect(try await Audit(fixture).problems.isEmpty)
            _ = try await fixture.queue.settle(taken.lease, .asEstimated)
            #expect(try await fixture.takeOne().job.jobClass == .interactive)
        }
    }
}
