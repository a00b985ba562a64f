import Penstock
import Redis
import Testing

@testable import Queue

/// Outcomes wait in the queue while the ledger is away.
@Suite(.timeLimit(.minutes(1)))
struct SpoolTests {
    private static let empty = PoolSnapshot(waiting: 0, running: 0, delayed: 0, tenants: 0)

    private func outcome(of taken: TakenJob, answer: Int = 10) -> Completion {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: answer)
        let row = TerminalRow(
            of: taken.job,
            state: .succeeded,
            finishedAt: .present,
            response: ProviderResponse(statusCode: 200, requestID: "r", body: body),
            attempts: 1
        )
        return Completion(attempt: attempt(of: taken), terminal: row)
    }

    private func attempt(of taken: TakenJob) -> AttemptRow {
        let (target, now) = (Target.test("t1"), Timestamp.present)
        return AttemptRow(of: taken, on: target, pool: PoolName("p"), startedAt: now, now: now, priceVersion: "v")
    }

    private func waiting(_ fixture: Fixture) async throws -> [SpooledCompletion] {
        var found: [SpooledCompletion] = []
        var cursor: String?
        repeat {
            let page = try await fixture.queue.spooled(after: cursor)
            #expect(page.damaged == 0)
            found += page.entries
            cursor = page.cursor
        } while cursor != nil
        return found
    }

    @Test func anAnsweredJobWaitsUntilItsOutcomeIsWritten() async throws {
        try await Fixture.run { fixture in
            let batch = BatchID("batch_a")
            let lines = fixture.lines(1...2, of: batch)
            #expect(try await fixture.queue.feed(batch, lines: lines, from: nil, to: .end))
            try await fixture.enqueue([fixture.job()])
            let taken = try await fixture.take(3)
            for each in taken {
                let outcome = outcome(of: each)
                #expect(try await fixture.queue.spool(each.lease, outcome) == .kept)
                #expect(try await fixture.queue.spool(each.lease, outcome) == .kept, "a lost reply")
                #expect(try await fixture.queue.settle(each.lease, .asEstimated))
                #expect(try await fixture.queue.explain(each.job.id)?.phase == .answered)
            }
            #expect(try await fixture.take(1).isEmpty)
            #expect(try await fixture.queue.feedState(of: batch)?.live == 2, "its batch is not over")
            let snapshot = try await fixture.queue.tick()
            #expect(snapshot.running == 0 && snapshot.spooled == 3 && snapshot.spooledBytes > 0 && !snapshot.isEmpty)
            #expect(try await Audit(fixture).problems == [])

            let found = try await waiting(fixture)
            #expect(Set(found.compactMap { $0.completion.terminal?.job }) == Set(taken.map(\.job.id)))
            for entry in found { try await fixture.queue.unspool([entry]) }
            try await fixture.queue.unspool(found)

            #expect(try await fixture.queue.tick() == Self.empty)
            #expect(try await fixture.queue.feedState(of: batch)?.live == 0)
            #expect(try await Audit(fixture).problems == [])
            #expect(try await fixture.client.send("EXISTS", fixture.keys("jobs")).int64 == 0)
        }
    }

    @Test func aCallAfterWhichTheJobGoesOnIsKeptToo() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue([fixture.job()])
            let taken = try await fixture.takeOne()
            let completion = Completion(attempt: attempt(of: taken), terminal: nil)
            #expect(try await fixture.queue.spool(taken.lease, completion) == .kept)
            #expect(try await fixture.queue.retry(taken.lease, .asEstimated, after: .zero, countsAttempt: true))
            _ = try await fixture.serve(1)
            #expect(try await !fixture.queue.tick().isEmpty, "the call is still to be written")
            let found = try await waiting(fixture)
            #expect(found.map(\.completion.attempt) == [completion.attempt])
            try await fixture.queue.unspool(found)
            #expect(try await fixture.queue.tick() == Self.empty)
        }
    }

    @Test func workersStopWhenTheSpoolIsFull() async throws {
        try await Fixture.run { fixture in
            let queue = RedisJobQueue(pool: fixture.pool, client: fixture.client, lease: .seconds(30), spoolBytes: 5000)
            try await fixture.enqueue(fixture.jobs(4))
            let taken = try await queue.take(2, for: fixture.worker).jobs
            #expect(try await queue.spool(taken[0].lease, outcome(of: taken[0], answer: 2500)) == .kept)
            #expect(try await queue.spool(taken[1].lease, outcome(of: taken[1], answer: 2500)) == .full)
            _ = try await queue.settle(taken[0].lease, .asEstimated)
            #expect(try await queue.take(1, for: fixture.worker).jobs.count == 1, "there is still room for small ones")

            let small = RedisJobQueue(pool: fixture.pool, client: fixture.client, lease: .seconds(30), spoolBytes: 1000)
            let refused = try await small.take(1, for: fixture.worker)
            #expect(refused.jobs.isEmpty && refused.wait == .seconds(1))
            let waiting = try #require(try await small.liveJobs(of: TenantID(trusted: "acme"), limit: 1).first)
            #expect(waiting.phase == .waiting(.ledger))

            try await queue.unspool(try await self.waiting(fixture))
            #expect(try await small.take(1, for: fixture.worker).jobs.count == 1)
        }
    }

    @Test func whoLostItsLeaseKeepsNothing() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue([fixture.job()])
            let taken = try await fixture.takeOne()
            _ = try await fixture.queue.settle(taken.lease, .asEstimated)
            #expect(try await fixture.queue.spool(taken.lease, outcome(of: taken)) == .lost)
            #expect(try await fixture.queue.tick() == Self.empty)
        }
    }

    /// The worker died between the spool and the settlement.
    @Test func anAnsweredOrphanIsNotRunAgain() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue([fixture.job()])
            let taken = try await fixture.takeOne()
            #expect(try await fixture.queue.spool(taken.lease, outcome(of: taken)) == .kept)
            try await fixture.silence([taken.lease])
            let orphan = try #require(try await fixture.queue.orphans(limit: 1).first)
            try await fixture.queue.requeue(orphan)
            #expect(try await fixture.take(1).isEmpty)
            #expect(try await Audit(fixture).problems == [])
            try await fixture.queue.unspool(try await waiting(fixture))
            #expect(try await fixture.queue.tick() == Self.empty)
        }
    }

    @Test func aCancelledJobDoesNotComeBack() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue([fixture.job()])
            let taken = try await fixture.takeOne()
            #expect(try await fixture.queue.spool(taken.lease, outcome(of: taken)) == .kept)
            _ = try await fixture.queue.settle(taken.lease, .asEstimated)
            try await fixture.queue.cancel(taken.job.id)
            #expect(try await fixture.queue.explain(taken.job.id) == nil)
            let found = try await waiting(fixture)
            #expect(found.count == 1, "the call is still to be written")
            try await fixture.queue.unspool(found)
            #expect(try await fixture.queue.tick() == Self.empty)
            #expect(try await Audit(fixture).problems == [])
        }
    }

    @Test func whatNobodyWroteStaysAndIsTold() async throws {
        try await Fixture.run { fixture in
            _ = try await fixture.client.send("HSET", fixture.keys("spool"), "j~x", "nonsense")
            let page = try await fixture.queue.spooled(after: nil)
            #expect(page.entries.isEmpty && page.damaged == 1)
        }
    }
}
