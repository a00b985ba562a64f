import Penstock
import Redis
import Testing

@testable import Queue

@Suite(.timeLimit(.minutes(1)))
struct EndingTests {
    private let empty = PoolSnapshot(waiting: 0, running: 0, delayed: 0, tenants: 0)

    @Test func cancelRemovesAJobWhereverItIs() async throws {
        try await Fixture.run { fixture in
            let jobs = (0..<3).map { fixture.job(deadlineIn: .seconds(3600 + $0)) }
            try await fixture.enqueue(jobs)
            let taken = try await fixture.take(2)
            _ = try await fixture.queue.retry(taken[1].lease, .asEstimated, after: .seconds(60), countsAttempt: true)

            // Running: it stays until its worker settles.
            try await fixture.queue.cancel(jobs[0].id)
            #expect(try await fixture.queue.renew([taken[0].lease], for: fixture.worker).map(\.reason) == [.cancelled])
            try await fixture.queue.cancel(jobs[1].id)
            try await fixture.queue.cancel(jobs[2].id)
            try await fixture.queue.cancel(JobID("job_unknown"))
            #expect(try await fixture.queue.tick() == PoolSnapshot(waiting: 0, running: 1, delayed: 0, tenants: 0))

            #expect(try await fixture.queue.settle(taken[0].lease, .asEstimated))
            #expect(try await fixture.queue.tick() == empty)
            #expect(try await fixture.client.send("HLEN", fixture.keys("jobs")).int64 == 0)
        }
    }

    @Test func removeEndsLinesOfABatchWhereverTheyAre() async throws {
        try await Fixture.run { fixture in
            let batch = BatchID("batch_x")
            _ = try await fixture.queue.feed(batch, lines: fixture.lines(1...6, of: batch), from: nil, to: .end)
            let taken = try await fixture.take(2)
            _ = try await fixture.queue.retry(taken[1].lease, .asEstimated, after: .seconds(60), countsAttempt: true)
            let page = try await fixture.queue.jobs(of: batch, after: nil, limit: 100)
            #expect(page.jobs.count == 6 && page.cursor == nil)

            try await fixture.queue.remove(page.jobs)
            try await fixture.queue.remove(page.jobs)

            #expect(try await fixture.queue.feedState(of: batch)?.live == 1)
            #expect(try await fixture.queue.renew([taken[0].lease], for: fixture.worker).map(\.reason) == [.cancelled])
            #expect(try await fixture.queue.settle(taken[0].lease, .asEstimated))
            #expect(try await fixture.queue.feedState(of: batch)?.live == 0)
            #expect(try await fixture.queue.tick() == empty)
        }
    }

    @Test func overdueJobsAreNamedUntilTheyAreRemoved() async throws {
        try await Fixture.run { fixture in
            let late = fixture.job("late", deadlineIn: .zero - .seconds(1))
            let parked = TenantID(trusted: "parked")
            try await fixture.queue.setPolicy(TenantPolicy(maxRunning: 1), for: parked)
            let soon = fixture.job("parked", deadlineIn: .seconds(3))
            try await fixture.enqueue([fixture.job("parked", .interactive), late, soon, fixture.job("ok")])
            // The tenant is at its cap, so its other job is parked.
            let taken = try await fixture.take(10)
            #expect(Set(taken.map(\.job.tenant.text)) == ["parked", "ok"])

            var found = try await fixture.queue.overdue(limit: 10)
            #expect(found.map(\.job.id) == [late.id])
            found = try await eventually {
                let found = try await fixture.queue.overdue(limit: 10)
                return found.count == 2 ? found : nil
            }
            #expect(Set(found.map(\.job.id)) == [late.id, soon.id])
            #expect(try await fixture.queue.overdue(limit: 1).count == 1)
            #expect(try await fixture.take(10).isEmpty)

            try await fixture.queue.remove(found)
            #expect(try await fixture.queue.overdue(limit: 10).isEmpty)
            #expect(try await fixture.queue.tick().tenants == 0)
        }
    }

    @Test func aDelayedJobIsOverdueAtItsDeadline() async throws {
        try await Fixture.run { fixture in
            let job = fixture.job(deadlineIn: .seconds(2))
            try await fixture.enqueue([job])
            let taken = try await fixture.takeOne()
            _ = try await fixture.queue.retry(taken.lease, .asEstimated, after: .seconds(3600), countsAttempt: true)
            let found = try await eventually {
                _ = try await fixture.queue.tick()
                return try await fixture.queue.overdue(limit: 10).first
            }
            #expect(found.job.id == job.id && found.attempts == 1)
        }
    }

    @Test func aRunningJobIsNotOverdue() async throws {
        try await Fixture.run { fixture in
            let job = fixture.job(deadlineIn: .seconds(2))
            try await fixture.enqueue([job])
            let taken = try await fixture.takeOne()
            try await eventually { Timestamp.present > job.deadline ? true : nil }
            #expect(try await fixture.queue.overdue(limit: 10).isEmpty)
            // Handed back it waits, and so it is.
            _ = try await fixture.queue.retry(taken.lease, .unused, after: .zero, countsAttempt: false)
            #expect(try await fixture.queue.overdue(limit: 10).count == 1)
        }
    }

    @Test func overdueFindsManyOfManyTenants() async throws {
        try await Fixture.run { fixture in
            let past = Duration.zero - .seconds(1)
            let late = (0..<30).map { fixture.job("tenant-\($0 % 7)", deadlineIn: past) }
            try await fixture.enqueue(late + (0..<30).map { fixture.job("tenant-\($0 % 7)") })
            var found: Set<JobID> = []
            while true {
                let page = try await fixture.queue.overdue(limit: 4)
                if page.isEmpty { break }
                found.formUnion(page.map(\.job.id))
                try await fixture.queue.remove(page)
            }
            #expect(found == Set(late.map(\.id)))
            #expect(try await fixture.queue.tick().waiting == 30)
        }
    }

    @Test func jobsOfABatchComePageByPage() async throws {
        try await Fixture.run { fixture in
            let batch = BatchID("batch_x")
            _ = try await fixture.queue.feed(
                batch,
                lines: fixture.lines(1...12, of: batch),
                from: nil,
                to: FeedCursor(line: 13, offset: 1)
            )
            // Small hashes are kept in one piece and scanned in one page; a longer value ends that.
            var long = fixture.job()
            long.body = .inline(Array(repeating: UInt8(ascii: " "), count: 80))
            try await fixture.enqueue(fixture.jobs(8) + [long])
            let other = BatchID("batch_y")
            _ = try await fixture.queue.feed(other, lines: fixture.lines(1...5, of: other), from: nil, to: .end)
            _ = try await fixture.queue.feed(
                batch,
                lines: fixture.lines(13...25, of: batch),
                from: FeedCursor(line: 13, offset: 1),
                to: .end
            )
            let taken = try await fixture.take(12)
            for job in taken.prefix(6) {
                _ = try await fixture.queue.retry(job.lease, .asEstimated, after: .seconds(9), countsAttempt: true)
            }

            var numbers: [Int] = []
            var cursor: String?
            var pages = 0
            repeat {
                let page = try await fixture.queue.jobs(of: batch, after: cursor, limit: 10)
                numbers += page.jobs.compactMap(\.job.line?.number)
                cursor = page.cursor
                pages += 1
            } while cursor != nil
            #expect(numbers == Array(1...25))
            #expect(pages == 3)
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ExplainTests {
    @Test func everyPhaseIsTold() async throws {
        try await Fixture.run { fixture in
            let jobs = (0..<4).map { fixture.job(deadlineIn: .seconds(3600 + $0)) }
            try await fixture.enqueue(jobs)
            var status = try #require(try await fixture.queue.explain(jobs[2].id))
            #expect(status.phase == .waiting(.noWorker) && status.position == 2 && status.attempts == 0)
            #expect(status.job == jobs[2])

            let before = Timestamp.present
            let taken = try await fixture.take(2)
            status = try #require(try await fixture.queue.explain(jobs[2].id))
            #expect(status.phase == .waiting(.tenantShare) && status.position == 0)
            status = try #require(try await fixture.queue.explain(jobs[0].id))
            guard case .running("t1", let since) = status.phase else { Issue.record("\(status.phase)"); return }
            #expect(since >= before && since <= .present && status.position == nil)

            _ = try await fixture.queue.retry(taken[1].lease, .asEstimated, after: .seconds(60), countsAttempt: true)
            status = try #require(try await fixture.queue.explain(jobs[1].id))
            guard case .delayed(let until) = status.phase else { Issue.record("\(status.phase)"); return }
            #expect(until > before.adding(.seconds(59)) && until <= Timestamp.present.adding(.seconds(60)))
            #expect(status.attempts == 1)

            _ = try await fixture.queue.settle(taken[0].lease, .asEstimated)
            #expect(try await fixture.queue.explain(jobs[0].id) == nil)
            #expect(try await fixture.queue.explain(JobID("job_unknown")) == nil)
        }
    }

    @Test func aTenantAtItsCapWaitsForSlots() async throws {
        try await Fixture.run { fixture in
            try await fixture.queue.setPolicy(TenantPolicy(maxRunning: 1), for: TenantID(trusted: "acme"))
            try await fixture.enqueue(fixture.jobs(2))
            let taken = try await fixture.take(2)
            let live = try await fixture.queue.liveJobs(of: TenantID(trusted: "acme"), limit: 10)
            let waiting = try #require(live.first { $0.job.id != taken[0].job.id })
            #expect(waiting.phase == .waiting(.slots))
        }
    }

    @Test func liveJobsAreATenantsSingleJobsNewestFirst() async throws {
        try await Fixture.run { fixture in
            let batch = BatchID("batch_x")
            var mine: [Job] = []
            for jobClass in [JobClass.standard, .interactive, .batch, .standard, .standard] {
                var job = fixture.job("acme", jobClass)
                job.id = IDGenerator.job(
                    epoch: fixture.epoch,
                    at: Timestamp(milliseconds: 1_700_000_000_000 + Int64(mine.count))
                )
                mine.append(job)
            }
            try await fixture.enqueue(mine + fixture.jobs(5, "other"))
            _ = try await fixture.queue.feed(batch, lines: fixture.lines(1...3, of: batch), from: nil, to: .end)
            let taken = try await fixture.take(4)
            for job in taken.prefix(2) {
                _ = try await fixture.queue.retry(job.lease, .asEstimated, after: .seconds(60), countsAttempt: true)
            }

            let acme = TenantID(trusted: "acme")
            let live = try await fixture.queue.liveJobs(of: acme, limit: 50)
            #expect(live.map(\.job.id) == mine.reversed().map(\.id))
            #expect(try await fixture.queue.liveJobs(of: acme, limit: 2).count == 2)
            #expect(try await fixture.queue.liveJobs(of: TenantID(trusted: "nobody"), limit: 2).isEmpty)
        }
    }
}
