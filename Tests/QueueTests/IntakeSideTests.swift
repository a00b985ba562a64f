import Penstock
import Testing

@testable import Queue
@testable import Redis

@Suite(.timeLimit(.minutes(1)))
struct IntakeSideTests {
    @Test func everyFieldOfAJobComesBack() async throws {
        try await Fixture.run { fixture in
            var single = fixture.job()
            single.tags = JobTags(feature: "search", customer: "acme \"inc\"")
            single.metadata = Array(#"{"a":"b","n":1.50}"#.utf8)
            single.webhook = WebhookTarget(url: "https://example.com/a?b=\"c\"", secret: Secret("whsec_\n"))
            single.body = .inline([0x7B, 0x00, 0xFF, 0x0A, 0x7D])
            var large = fixture.job(durability: .ledger)
            large.body = .inLedger
            large.estimate = TokenEstimate(input: 7, output: 9)
            let line = fixture.lines(3...3, of: BatchID("batch_b"))[0]
            try await fixture.enqueue([single, large])
            _ = try await fixture.queue.feed(BatchID("batch_b"), lines: [line], from: nil, to: .end)

            let taken = try await fixture.take(10)

            #expect(Set(taken.map(\.job.id)) == [single.id, large.id, line.id])
            for job in [single, large, line] { #expect(taken.first { $0.job.id == job.id }?.job == job) }
            #expect(taken.allSatisfy { $0.target == "t1" && $0.earlierAttempts == 0 && $0.deaths == 0 })
        }
    }

    @Test func aKnownJobIsLeftAsItIs() async throws {
        try await Fixture.run { fixture in
            let job = fixture.job()
            try await fixture.enqueue([job, job])
            try await fixture.enqueue([job])
            #expect(try await fixture.queue.tick().waiting == 1)

            let taken = try await fixture.takeOne()
            try await fixture.enqueue([job])
            #expect(try await fixture.queue.tick().waiting == 0)

            #expect(try await fixture.queue.settle(taken.lease, .asEstimated))
            try await fixture.enqueue([job])
            #expect(try await fixture.queue.tick() == PoolSnapshot(waiting: 0, running: 0, delayed: 0, tenants: 0))
        }
    }

    /// The shapes of these two tenants' jobs have hashes that begin alike.
    @Test func shapesOfOneHashAreKeptApart() async throws {
        try await Fixture.run { fixture in
            let (one, other) = (fixture.job("t38712"), fixture.job("t42697"))
            let hashes = [one, other].map { SHA1.hexDigest(of: JobCodec.shape(of: $0)).prefix(8) }
            try #require(hashes[0] == hashes[1])
            try await fixture.enqueue([one, other])
            try await fixture.enqueue([fixture.job("t42697")])
            #expect(try await Audit(fixture).problems.isEmpty)
            let taken = try await fixture.take(5)
            #expect(taken.map(\.job.tenant.text).sorted() == ["t38712", "t42697", "t42697"])
            // With the first one gone, the other's next job finds a shape as well.
            for each in taken where each.job.tenant.text == "t38712" {
                _ = try await fixture.queue.settle(each.lease, .asEstimated)
            }
            try await fixture.enqueue([fixture.job("t42697")])
            #expect(try await fixture.takeOne().job.tenant.text == "t42697")
            #expect(try await Audit(fixture).problems.isEmpty)
        }
    }

    @Test func aTombstoneGoesWithTime() async throws {
        try await Fixture.run { fixture in
            let job = fixture.job()
            try await fixture.enqueue([job])
            _ = try await fixture.serve(1)
            #expect(try await fixture.client.send("ZCARD", fixture.keys("done")).int64 == 1)

            _ = try await fixture.client.send("ZADD", fixture.keys("done"), 1, job.id.text)
            _ = try await fixture.queue.tick()

            #expect(try await fixture.client.send("ZCARD", fixture.keys("done")).int64 == 0)
        }
    }

    @Test func aJobOfAnotherEpochIsRefused() async throws {
        try await Fixture.run { fixture in
            let job = fixture.job()
            let ledgerJob = fixture.job(durability: .ledger)
            #expect(try await fixture.queue.epoch() == fixture.epoch)
            _ = try await fixture.client.send("FLUSHALL")
            let next = try await fixture.queue.epoch()
            #expect(next != fixture.epoch)

            await #expect(throws: QueueUnavailable.self) { try await fixture.queue.enqueue([job]) }
            #expect(try await fixture.queue.tick().waiting == 0)

            // What the ledger keeps is enqueued again whatever became of Redis.
            try await fixture.enqueue([ledgerJob])
            #expect(try await fixture.queue.tick().waiting == 1)
        }
    }

    @Test func feedingComparesTheCursor() async throws {
        try await Fixture.run { fixture in
            let batch = BatchID("batch_x")
            let middle = FeedCursor(line: 4, offset: 300)
            #expect(try await fixture.queue.feedState(of: batch) == nil)

            #expect(try await fixture.queue.feed(batch, lines: fixture.lines(1...3, of: batch), from: nil, to: middle))
            #expect(try await fixture.queue.feedState(of: batch) == FeedState(cursor: middle, live: 3))

            // A second feeder that read the same lines.
            let again = fixture.lines(1...3, of: batch)
            #expect(try await !fixture.queue.feed(batch, lines: again, from: nil, to: middle))
            #expect(try await !fixture.queue.feed(batch, lines: again, from: .end, to: middle))
            #expect(try await fixture.queue.tick().waiting == 3)

            #expect(try await fixture.queue.feed(batch, lines: fixture.lines(4...4, of: batch), from: middle, to: .end))
            _ = try await fixture.serve(2)
            #expect(try await fixture.queue.feedState(of: batch) == FeedState(cursor: .end, live: 2))

            try await fixture.queue.forgetFeed(of: batch)
            #expect(try await fixture.queue.feedState(of: batch) == nil)
        }
    }

    @Test func linesThatOutliveTheirCursorLeaveNoCountBehind() async throws {
        try await Fixture.run { fixture in
            let batch = BatchID("batch_x")
            _ = try await fixture.queue.feed(batch, lines: fixture.lines(1...2, of: batch), from: nil, to: .end)
            let taken = try await fixture.take(2)
            try await fixture.queue.forgetFeed(of: batch)

            for job in taken { _ = try await fixture.queue.settle(job.lease, .asEstimated) }

            let left = try await fixture.client.send("HKEYS", fixture.keys("feeds")).array?.compactMap(\.string)
            #expect(left == ["next"])
            _ = try await fixture.queue.feed(batch, lines: fixture.lines(1...2, of: batch), from: nil, to: .end)
            #expect(try await fixture.queue.feedState(of: batch)?.live == 2)
        }
    }

    @Test func everyKeyIsDeclaredAndCarriesTheHashTag() async throws {
        try await Fixture.run(lease: .milliseconds(1)) { fixture in
            let batch = BatchID("batch_x")
            try await fixture.queue.setPolicy(TenantPolicy(weight: 2, maxRunning: 3), for: TenantID(trusted: "acme"))
            try await fixture.enqueue(fixture.jobs(6) + [fixture.job("late", deadlineIn: .zero - .seconds(1))])
            _ = try await fixture.queue.feed(batch, lines: fixture.lines(1...2, of: batch), from: nil, to: .end)
            let taken = try await fixture.take(10)
            _ = try await fixture.queue.settle(taken[0].lease, .asEstimated)
            _ = try await fixture.queue.retry(taken[1].lease, .unused, after: .seconds(60), countsAttempt: true)
            _ = try await fixture.queue.overdue(limit: 10)
            _ = try await fixture.queue.tick()

            let reply = try await fixture.client.send("KEYS", "*")
            let keys = try #require(reply.array).compactMap(\.string)

            #expect(keys.count > 12)
            let declared = PoolKeys(pool: fixture.pool.name).all
            for key in keys where key != PoolKeys.knownPools {
                #expect(key.contains("{p}"))
                #expect(declared.contains(key))
            }
        }
    }
}
