import Penstock
import TestTwins
import Testing

@testable import Scheduler

@Suite(.timeLimit(.minutes(1)))
struct EndingTests {
    @Test func cancellingKeepsWhatIsDoneAndEndsTheRest() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(50))
        async let ended = scene.drive(answering: false)
        try await scene.until { scene.small.edit { $0.items.count >= 6 } }
        try await scene.answer(scene.small, 4)
        let running = try await scene.small.take(2, for: ConsumerName("w")).jobs
        try await scene.until {
            var batch = try await scene.stored()
            _ = batch.cancel(at: scene.clock.now)
            return try await scene.ledger.replace(batch) != nil
        }

        let batch = try await ended

        #expect(batch.state == .cancelled && batch.cancelledAt != nil)
        #expect(batch.summary?.counts == BatchCounts(succeeded: 4, cancelled: 46))
        #expect(batch.outputFile != nil && batch.errorFile != nil)
        // Those under way are told.
        let losses = try await scene.small.renew(running.map(\.lease), for: ConsumerName("w"))
        #expect(losses.map(\.reason) == [.cancelled, .cancelled])
        #expect(scene.small.edit { $0.items.count } == 2)
    }

    @Test func cancellingDuringValidationEndsEveryLine() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(5))
        var batch = try await scene.stored()
        _ = batch.cancel(at: scene.clock.now)
        _ = try await scene.ledger.replace(batch)
        batch = try await scene.drive()
        #expect(batch.state == .cancelled)
        #expect(batch.summary?.counts == BatchCounts(cancelled: 5))
    }

    @Test func anExpiredBatchKeepsItsRunningCallsForAWhile() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(30))
        async let ended = scene.drive(answering: false)
        try await scene.until { scene.small.edit { $0.items.count >= 5 } }
        try await scene.answer(scene.small, 3)
        let running = try await scene.small.take(2, for: ConsumerName("w")).jobs
        scene.clock.advance(by: .seconds(3600))
        // What waits leaves by its deadline, also what is fed at this very moment.
        let expiring = Task {
            while true {
                try await scene.keeper.expire()
                try await Task.sleep(for: .milliseconds(2))
            }
        }
        defer { expiring.cancel() }
        try await scene.until { scene.small.edit { $0.items.count } == 2 }
        for taken in running {
            let row = TerminalRow(of: taken.job, state: .succeeded, finishedAt: scene.clock.now, attempts: 1)
            #expect(try await scene.ledger.decide([row]) == [.won])
            let settlement = Settlement(usage: nil, mayHaveBeenSent: true, chargesTenant: true)
            #expect(try await scene.small.settle(taken.lease, settlement))
        }

        let batch = try await ended

        #expect(batch.state == .expired && batch.expiredAt != nil)
        #expect(batch.summary?.counts == BatchCounts(succeeded: 5, expired: 25))
    }

    @Test func theGraceOfAnExpiredBatchEnds() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(5))
        async let ended = scene.drive(answering: false)
        try await scene.until { scene.small.edit { $0.items.count == 5 } }
        _ = try await scene.small.take(2, for: ConsumerName("w"))
        scene.clock.advance(by: .seconds(3600 + 31))
        let batch = try await ended
        #expect(batch.state == .expired)
        #expect(batch.summary?.counts == BatchCounts(expired: 5))
    }
}

@Suite(.timeLimit(.minutes(1)))
struct PoolKeeperTests {
    private let deadline = Scene.start.adding(.seconds(100))

    @Test func overdueJobsGetTheirRowAndLeave() async throws {
        let scene = Scene()
        let late = (0..<450).map { Samples.job("job_\($0)", deadline: Scene.start) }
        try await scene.small.enqueue(late + [Samples.job("job_ok", deadline: deadline)])
        try await scene.keeper.expire()
        #expect(scene.small.edit { $0.items.map(\.job.id.text) } == ["job_ok"])
        let rows = scene.ledger.edit { Array($0.rows.values) }
        #expect(rows.count == 450)
        #expect(rows.allSatisfy { $0.state == .expired && $0.error?.errorClass == .callerDeadlineExceeded })
    }

    @Test func nothingLeavesTheQueueWithoutItsRow() async throws {
        let scene = Scene()
        try await scene.small.enqueue([Samples.job("job_1", deadline: Scene.start)])
        scene.ledger.edit { $0.failure = LedgerUnavailable("down") }
        await #expect(throws: LedgerUnavailable.self) { try await scene.keeper.expire() }
        #expect(scene.small.item(JobID("job_1")) != nil)
    }

    @Test func whatWaitsForTheLedgerIsWritten() async throws {
        let scene = Scene()
        let jobs = (1...3).map { Samples.job("job_\($0)", deadline: deadline) }
        try await scene.small.enqueue(jobs)
        let taken = try await scene.small.take(3, for: ConsumerName("w")).jobs
        for each in taken {
            let row = TerminalRow(of: each.job, state: .succeeded, finishedAt: Scene.start, attempts: 1)
            #expect(try await scene.small.spool(each.lease, Completion(attempt: nil, terminal: row)) == .kept)
            _ = try await scene.small.settle(
                each.lease,
                Settlement(usage: nil, mayHaveBeenSent: true, chargesTenant: true)
            )
        }
        // Its caller was quicker.
        _ = try await scene.ledger.decide([
            TerminalRow(of: jobs[2], state: .cancelled, finishedAt: Scene.start, attempts: 0)
        ])
        scene.ledger.edit { $0.failure = LedgerUnavailable("down") }
        await #expect(throws: LedgerUnavailable.self) { try await scene.keeper.unspool() }
        #expect(scene.small.edit { $0.spool.count } == 3)

        scene.ledger.edit { $0.failure = nil }
        try await scene.keeper.unspool()

        let states = scene.ledger.edit { state in jobs.map { state.rows[$0.id]?.state } }
        #expect(states == [.succeeded, .succeeded, .cancelled])
        #expect(scene.small.edit { $0.spool.isEmpty && $0.items.isEmpty })
    }

    @Test func theBooksKnowOfACallBeforeItsJobRunsAgain() async throws {
        let scene = Scene()
        try await scene.small.enqueue([Samples.job("job_1", deadline: deadline)])
        let taken = try #require(try await scene.small.take(1, for: ConsumerName("w")).jobs.first)
        scene.small.abandon(taken.job.id)

        try await scene.keeper.reclaim()

        let entries = scene.journal.entries.filter { $0.hasPrefix("record") || $0.hasPrefix("requeue") }
        #expect(entries == ["record unknown", "requeue job_1"])
        let attempt = try #require(try await scene.ledger.attempts(of: taken.job.id).first)
        #expect(attempt.id == taken.lease.token && attempt.cost == nil && attempt.usage == nil)
        #expect(attempt.target == "t1" && attempt.provider == "openai")
        let again = try #require(try await scene.small.take(1, for: ConsumerName("w")).jobs.first)
        #expect(again.deaths == 1)
    }

    @Test func withoutTheLedgerNothingIsRequeued() async throws {
        let scene = Scene()
        try await scene.small.enqueue([Samples.job("job_1", deadline: deadline)])
        let taken = try #require(try await scene.small.take(1, for: ConsumerName("w")).jobs.first)
        scene.small.abandon(taken.job.id)
        scene.ledger.edit { $0.failure = LedgerUnavailable("down") }
        await #expect(throws: LedgerUnavailable.self) { try await scene.keeper.reclaim() }
        #expect(scene.small.item(taken.job.id)?.place == .running(taken.lease))
    }

    @Test func aDecidedJobIsNotRunAgain() async throws {
        let scene = Scene()
        try await scene.small.enqueue([Samples.job("job_1", deadline: deadline)])
        let taken = try #require(try await scene.small.take(1, for: ConsumerName("w")).jobs.first)
        _ = try await scene.ledger.decide([
            TerminalRow(of: taken.job, state: .succeeded, finishedAt: Scene.start, attempts: 1)
        ])
        scene.small.abandon(taken.job.id)
        try await scene.keeper.reclaim()
        #expect(scene.small.item(taken.job.id) == nil)
    }

    @Test func theTenthDeathIsTheLast() async throws {
        let scene = Scene()
        let job = Samples.job("job_1", deadline: deadline)
        try await scene.small.enqueue([job])
        for death in 1...10 {
            #expect(try await scene.ledger.terminalRow(of: job.id) == nil)
            #expect(try await scene.small.take(1, for: ConsumerName("w")).jobs.first?.deaths == death - 1)
            scene.small.abandon(job.id)
            try await scene.keeper.reclaim()
        }
        let row = try #require(try await scene.ledger.terminalRow(of: job.id))
        #expect(row.state == .failed && row.error?.errorClass == .penstockPoison)
        #expect(scene.small.item(job.id) == nil)
        #expect(try await scene.ledger.attempts(of: job.id).count == 10)
        #expect(try await scene.ledger.quarantinedRequest(of: job.id)?.body == Samples.body)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct UpkeepTests {
    @Test func acceptedJobsThatTheQueueLostAreEnqueuedAgain() async throws {
        let scene = Scene()
        let upkeep = Upkeep(dependencies: scene.dependencies, logger: .quiet)
        for number in 1...3 {
            let age = Duration.seconds(number == 3 ? 1 : 60)
            let job = Samples.job(
                "job_\(number)",
                deadline: Scene.start.adding(.seconds(100)),
                createdAt: Scene.start.adding(.zero - age),
                durability: .ledger,
                body: .inLedger
            )
            try await scene.ledger.accept(job, body: [], pool: scene.small.pool)
        }
        try await upkeep.reconcile(scene.small)
        try await upkeep.reconcile(scene.small)
        try await upkeep.reconcile(scene.large)
        // The third one is still on its way.
        #expect(scene.small.edit { $0.items.map(\.job.id.text) } == ["job_1", "job_2"])
        #expect(scene.large.edit { $0.items.isEmpty })
    }
}
