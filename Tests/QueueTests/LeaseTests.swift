import Penstock
import Redis
import Testing

@testable import Queue

@Suite(.timeLimit(.minutes(1)))
struct LeaseTests {
    @Test func renewTellsWhatIsKeptCancelledAndLost() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(4))
            let taken = try await fixture.take(4)
            let foreign = Lease(pool: fixture.pool.name, key: taken[0].lease.key, token: IDGenerator.attempt())
            try await fixture.queue.cancel(taken[1].job.id)
            _ = try await fixture.queue.settle(taken[2].lease, .asEstimated)

            let losses = try await fixture.queue.renew(taken.map(\.lease) + [foreign], for: fixture.worker)

            #expect(losses.map(\.lease) == [taken[1].lease, taken[2].lease, foreign])
            #expect(losses.map(\.reason) == [.cancelled, .lost, .lost])
        }
    }

    @Test func onlyTheHolderSettlesAndOnlyOnce() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue([fixture.job()])
            let taken = try await fixture.takeOne()
            let foreign = Lease(pool: fixture.pool.name, key: taken.lease.key, token: IDGenerator.attempt())

            #expect(try await !fixture.queue.settle(foreign, .asEstimated))
            #expect(try await !fixture.queue.retry(foreign, .asEstimated, after: .zero, countsAttempt: true))
            #expect(try await fixture.queue.tick().running == 1)

            #expect(try await fixture.queue.settle(taken.lease, .asEstimated))
            // A repeated call after a lost reply: it is told that it did it, and nothing changes.
            #expect(try await fixture.queue.settle(taken.lease, .asEstimated))
            #expect(try await fixture.queue.retry(taken.lease, .asEstimated, after: .zero, countsAttempt: true))
            #expect(try await fixture.queue.tick() == PoolSnapshot(waiting: 0, running: 0, delayed: 0, tenants: 0))
        }
    }

    @Test func whoseLeaseWasGivenToOthersIsTold() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue([fixture.job()])
            let taken = try await fixture.takeOne()
            try await fixture.silence([taken.lease])
            let orphan = try #require(try await fixture.queue.orphans(limit: 1).first)
            try await fixture.queue.requeue(orphan)
            #expect(try await !fixture.queue.settle(taken.lease, .asEstimated))
            #expect(try await !fixture.queue.retry(taken.lease, .asEstimated, after: .zero, countsAttempt: true))
            _ = try await fixture.client.send("FLUSHALL")
            try await fixture.enqueue([fixture.job(durability: .ledger)])
            _ = try await fixture.takeOne()
            #expect(try await !fixture.queue.settle(taken.lease, .asEstimated), "it went with its queue")
        }
    }

    /// Whoever looks for orphans may be quicker than the tick that sees that there was an outage.
    @Test func nothingIsReclaimedBeforeATickAfterAnOutage() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue([fixture.job()])
            let taken = try await fixture.takeOne()
            try await fixture.silence([taken.lease])
            let long = Timestamp.present.milliseconds - 20_000
            _ = try await fixture.client.send("HSET", fixture.keys("tick"), "at", long)
            #expect(try await fixture.queue.orphans(limit: 1).isEmpty)
            _ = try await fixture.queue.tick()
            #expect(try await fixture.queue.orphans(limit: 1).isEmpty, "the grace begins")
            #expect(try await fixture.queue.renew([taken.lease], for: fixture.worker).isEmpty)
        }
    }

    /// Lines share a deadline: what comes back from a dead worker must not wait behind all that was fed later.
    @Test func linesRunInTheOrderOfTheirFile() async throws {
        try await Fixture.run { fixture in
            let batch = BatchID("batch_a")
            var lines = fixture.lines(1...120, of: batch)
            for index in lines.indices { lines[index].deadline = lines[0].deadline }
            #expect(try await fixture.queue.feed(batch, lines: lines, from: nil, to: .end))
            let first = try await fixture.take(15)
            #expect(first.compactMap(\.job.line?.number) == Array(1...15))
            try await fixture.silence([first[8].lease])
            try await fixture.queue.requeue(try #require(try await fixture.queue.orphans(limit: 1).first))
            #expect(try await fixture.take(106).compactMap(\.job.line?.number) == [9] + Array(16...120))
        }
    }

    /// A take whose reply was lost is asked for again.
    @Test func aConsumerIsToldWhatItHolds() async throws {
        try await Fixture.run(lease: .seconds(10)) { fixture in
            try await fixture.enqueue(fixture.jobs(6))
            let known = try await fixture.take(2)
            let lost = try await fixture.take(3)
            _ = try await fixture.queue.take(1, for: ConsumerName("worker-2"))
            let newest = try #require(known.last?.lease.key)

            let held = try await fixture.queue.held(by: fixture.worker, after: newest, limit: 10)
            #expect(held.map(\.lease) == lost.map(\.lease) && held.map(\.job) == lost.map(\.job))
            #expect(try await fixture.queue.held(by: fixture.worker, after: nil, limit: 10).count == 5)
            #expect(try await fixture.queue.held(by: fixture.worker, after: newest, limit: 1).count == 1)

            try await fixture.silence([lost[0].lease, lost[1].lease])
            _ = try await fixture.queue.orphans(limit: 1)
            let rest = try await fixture.queue.held(by: fixture.worker, after: newest, limit: 10)
            #expect(rest.count == 2, "one was taken from it")
            #expect(try await fixture.queue.orphans(limit: 10).isEmpty, "the others are renewed")
        }
    }

    @Test func aDelayedRetryComesBackWithTheTick() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue([fixture.job()])
            let taken = try await fixture.takeOne()
            #expect(
                try await fixture.queue.retry(
                    taken.lease,
                    .asEstimated,
                    after: .milliseconds(80),
                    countsAttempt: true
                )
            )
            #expect(try await fixture.take(1).isEmpty)

            let again = try await eventually {
                _ = try await fixture.queue.tick()
                return try await fixture.take(1).first
            }

            #expect(again.job == taken.job)
            #expect(again.earlierAttempts == 1)
            #expect(again.lease.token != taken.lease.token)
            #expect(Timestamp.present.since(taken.job.createdAt) >= .milliseconds(80))
        }
    }

    @Test func aJobHandedBackHasNotTried() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue([fixture.job()])
            for _ in 0..<3 {
                let taken = try await fixture.takeOne()
                #expect(taken.earlierAttempts == 0)
                _ = try await fixture.queue.retry(taken.lease, .unused, after: .zero, countsAttempt: false)
            }
            let taken = try await fixture.takeOne()
            _ = try await fixture.queue.retry(taken.lease, .asEstimated, after: .zero, countsAttempt: true)
            #expect(try await fixture.takeOne().earlierAttempts == 1)
        }
    }

    @Test func aCancelledJobIsNotTriedAgain() async throws {
        try await Fixture.run { fixture in
            let job = fixture.job()
            try await fixture.enqueue([job])
            let taken = try await fixture.takeOne()
            try await fixture.queue.cancel(job.id)
            #expect(try await fixture.queue.retry(taken.lease, .asEstimated, after: .seconds(5), countsAttempt: true))
            #expect(try await fixture.queue.explain(job.id) == nil)
            #expect(try await fixture.queue.tick() == PoolSnapshot(waiting: 0, running: 0, delayed: 0, tenants: 0))
        }
    }

    @Test func aHeartbeatKeepsJobsWhateverTheirLength() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(2))
            let taken = try await fixture.take(2)
            try await fixture.silence(taken.map(\.lease))
            #expect(try await fixture.queue.renew([taken[0].lease], for: fixture.worker).isEmpty)
            #expect(try await fixture.queue.orphans(limit: 10).map(\.lease) == [taken[1].lease])
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct OrphanTests {
    private func orphans(_ fixture: Fixture, limit: Int = 10) async throws -> [Orphan] {
        try await eventually {
            _ = try await fixture.queue.tick()
            let orphans = try await fixture.queue.orphans(limit: limit)
            return orphans.isEmpty ? nil : orphans
        }
    }

    @Test func aJobOfASilentWorkerRunsAgain() async throws {
        try await Fixture.run(lease: .seconds(1)) { fixture in
            _ = try await fixture.queue.tick()
            try await fixture.enqueue([fixture.job()])
            let taken = try await fixture.takeOne()
            #expect(try await fixture.queue.orphans(limit: 10).isEmpty)

            let orphan = try #require(try await orphans(fixture).first)
            #expect(orphan.job == taken.job && orphan.lease == taken.lease && orphan.target == "t1")
            #expect(orphan.deaths == 1 && orphan.attempts == 0)
            // Not before its lease is nearly over, and then so soon that whoever looks once a second is in time.
            #expect(Timestamp.present.since(orphan.takenAt) >= .milliseconds(800))

            // The zombie is told at its next heartbeat, before anybody else has the job.
            #expect(try await fixture.queue.renew([taken.lease], for: fixture.worker).map(\.reason) == [.lost])

            try await fixture.queue.requeue(orphan)
            #expect(try await !fixture.queue.settle(taken.lease, .asEstimated))
            #expect(try await !fixture.queue.retry(taken.lease, .asEstimated, after: .zero, countsAttempt: true))
            let again = try await fixture.takeOne()
            #expect(again.deaths == 1 && again.earlierAttempts == 0 && again.job == taken.job)
            #expect(again.lease.token != taken.lease.token)

            try await fixture.queue.requeue(orphan)
            #expect(try await fixture.queue.tick().running == 1)
        }
    }

    @Test func aZombieMaySettleUntilTheJobIsRequeued() async throws {
        try await Fixture.run(lease: .milliseconds(50)) { fixture in
            try await fixture.enqueue([fixture.job()])
            let taken = try await fixture.takeOne()
            let orphan = try #require(try await orphans(fixture).first)
            #expect(try await fixture.queue.settle(taken.lease, .asEstimated))
            try await fixture.queue.requeue(orphan)
            #expect(try await fixture.queue.tick() == PoolSnapshot(waiting: 0, running: 0, delayed: 0, tenants: 0))
        }
    }

    @Test func orphansComeAgainWhenTheReclaimerDiesToo() async throws {
        try await Fixture.run(lease: .seconds(2)) { fixture in
            try await fixture.enqueue([fixture.job()])
            let taken = try await fixture.takeOne()
            let first = try await orphans(fixture)
            #expect(try await fixture.queue.orphans(limit: 10).isEmpty)
            let second = try await orphans(fixture)
            #expect(first.map(\.lease) == [taken.lease] && second.map(\.lease) == [taken.lease])
        }
    }

    @Test func aLongHeadOfHealthyJobsHidesNoOrphan() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(120))
            let taken = try await fixture.take(60) + fixture.take(60)
            try await fixture.silence([taken[119].lease])
            let found = try await eventually { try await fixture.queue.orphans(limit: 2).first }
            #expect(found.lease == taken[119].lease)
            #expect(try await fixture.queue.orphans(limit: 200).isEmpty)
        }
    }

    @Test func afterAGapInTheTickWorkersGetOneLeaseToSpeakUp() async throws {
        try await Fixture.run(lease: .milliseconds(400)) { fixture in
            _ = try await fixture.queue.tick()
            try await fixture.enqueue([fixture.job()])
            let taken = try await fixture.takeOne()
            _ = try await orphans(fixture)

            // No scheduler for ten seconds, as far as Redis knows.
            let past = Timestamp.present.milliseconds - 10_000
            _ = try await fixture.client.send("HSET", fixture.keys("tick"), "at", past)
            let before = Timestamp.present.milliseconds
            _ = try await fixture.queue.tick()
            let grace = try #require(try await fixture.client.send("HGET", fixture.keys("tick"), "grace").int64)
            #expect(grace >= before + 400)
            var found: [Orphan] = []
            while found.isEmpty {
                _ = try await fixture.queue.tick()
                found = try await fixture.queue.orphans(limit: 10)
            }
            #expect(Timestamp.present.milliseconds >= grace)
            #expect(found.map(\.lease) == [taken.lease])
        }
    }

    @Test func aRequeuedOrphanKeepsItsRateReservation() async throws {
        try await Fixture.run(.limited(LimitGroup(name: "g", requestsPerMinute: 1)), lease: .milliseconds(50)) {
            fixture in
            try await fixture.enqueue(fixture.jobs(2))
            _ = try await fixture.takeOne()
            try await fixture.queue.requeue(try #require(try await orphans(fixture).first))
            let result = try await fixture.queue.take(1, for: fixture.worker)
            #expect(result.jobs.isEmpty && result.wait != nil)
        }
    }
}
