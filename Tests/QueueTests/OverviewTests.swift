import Penstock
import Redis
import Testing

@testable import Queue

/// What an operator sees.
@Suite(.timeLimit(.minutes(1)))
struct OverviewTests {
    @Test func anUntouchedPoolIsEmpty() async throws {
        try await Fixture.run { fixture in
            let overview = try await fixture.queue.overview(tenants: 10)
            let target = TargetOverview(name: "t1", state: .available, running: 0, maxRunning: nil)
            #expect(
                overview
                    == PoolOverview(
                        isPaused: false,
                        waiting: 0,
                        running: 0,
                        delayed: 0,
                        flows: 0,
                        takenJobs: 0,
                        takenTokens: 0,
                        targets: [target],
                        groups: [],
                        tenants: []
                    )
            )
        }
    }

    @Test func everythingIsTold() async throws {
        let group = LimitGroup(name: "g", tokensPerMinute: 600_000, maxConcurrency: 9)
        let pool = Pool.test(targets: [.test("t1", cap: 5, groups: ["g"])], groups: [group])
        try await Fixture.timed(pool) { fixture, time in
            let capped = TenantID(trusted: "capped")
            try await fixture.queue.setPolicy(TenantPolicy(weight: 4, maxRunning: 1), for: capped)
            _ = try await fixture.queue.tick()
            try await fixture.enqueue(fixture.jobs(3, "capped") + fixture.jobs(4) + fixture.jobs(2, "acme", .batch))
            let taken = try await fixture.take(4)
            let ended = try #require(taken.first { $0.job.tenant == .acme })
            _ = try await fixture.queue.settle(ended.lease, .used(250))
            let delayed = try #require(taken.last { $0.job.tenant == .acme })
            _ = try await fixture.queue.retry(delayed.lease, .unused, after: .seconds(60), countsAttempt: true)
            // A tenant at its cap is found by the next take.
            let more = try await fixture.take(1)

            let overview = try await fixture.queue.overview(tenants: 10)

            #expect(!overview.isPaused)
            #expect(overview.waiting == 9 - 5 && overview.running == 3 && overview.delayed == 1)
            #expect(overview.takenJobs == 5)
            // Four estimates of 100, of which one was not used and one used 250, and the one taken last.
            #expect(overview.takenTokens == 100 + 100 + 250 + 100)
            #expect(overview.targets == [TargetOverview(name: "t1", state: .available, running: 3, maxRunning: 5)])
            let limits = try #require(overview.groups.first)
            #expect(overview.groups.count == 1)
            #expect(limits.name == "g" && limits.running == 3 && limits.maxRunning == 9 && limits.limits.count == 1)
            #expect(limits.limits[0].perMinute == 600_000 && limits.limits[0].dimension == .tokens)
            #expect(overview.flows == overview.tenants.count)
            #expect(overview.tenants.reduce(0) { $0 + $1.waiting } == 4)
            let held = try #require(overview.tenants.first { $0.tenant == capped })
            #expect(held.weight == 4 && held.parked == .slots && held.running == 1 && held.servedTokens == 100)
            #expect(held.waiting == 2 && held.jobClass == .standard)
            let acme = try #require(overview.tenants.first { $0.tenant == .acme })
            #expect(acme.parked == nil && acme.weight == 1)
            let ofItsClass = (taken + more).filter { $0.job.tenant == .acme && $0.job.jobClass == acme.jobClass }
            let used = [ended.lease: 250, delayed.lease: 0]
            #expect(acme.servedTokens == ofItsClass.reduce(0) { $0 + (used[$1.lease] ?? 100) })
        }
    }

    @Test func tenantsAreBoundedPerClass() async throws {
        try await Fixture.run { fixture in
            for tenant in 0..<8 {
                try await fixture.enqueue(fixture.jobs(1, "t\(tenant)") + fixture.jobs(1, "t\(tenant)", .batch))
            }
            let tenants = try await fixture.queue.overview(tenants: 3).tenants
            #expect(tenants.filter { $0.jobClass == .standard }.count == 3)
            #expect(tenants.filter { $0.jobClass == .batch }.count == 3)
        }
    }

    @Test func useIsThatOfTheLastMinute() async throws {
        try await Fixture.timed(.limited(LimitGroup(name: "g", requestsPerMinute: 600))) { fixture, time in
            try await fixture.enqueue(fixture.jobs(400))
            for step in 0..<200 {
                if step % 10 == 0 { _ = try await fixture.queue.tick() }
                for taken in try await fixture.queue.take(5, for: fixture.worker).jobs {
                    _ = try await fixture.queue.settle(taken.lease, .asEstimated)
                }
                try await time.advance(.milliseconds(100))
            }
            let use = try #require(try await fixture.queue.overview(tenants: 1).groups.first?.limits.first?.use)
            #expect(use > 0.95 && use <= 1.05, "\(use)")
        }
    }
}

/// What is left of the gone, and clocks that run for months.
@Suite(.timeLimit(.minutes(1)))
struct SweepingTests {
    /// Enough ticks for all that is swept.
    private func sweep(_ fixture: Fixture) async throws {
        for _ in 0..<6 { _ = try await fixture.queue.tick() }
    }

    @Test func anIdleClockIsKeptForTenMinutes() async throws {
        try await Fixture.timed { fixture, time in
            let seconds = Double(time.now.milliseconds / 1000)
            try await fixture.change("p", of: "gates") { $0["f:s"] = 500_000 }
            let kept: [(tenant: String, idle: String, Double, at: Double)] = [
                ("lately", "idle s", 700_000, seconds - 590), ("longago", "idle s", 700_000, seconds - 610),
                ("atfloor", "idle s", 500_000, seconds), ("above", "idle b", 500_000, seconds),
            ]
            for (tenant, idle, clock, at) in kept {
                try await fixture.change(tenant, of: "tenants") {
                    $0[idle] = clock
                    $0["idle at"] = at
                }
            }
            try await sweep(fixture)
            #expect(Set(try await fixture.records("tenants").keys) == ["lately", "above"])
        }
    }

    @Test func aTenantThatComesBackAtOnceKeepsItsClock() async throws {
        try await Fixture.timed { fixture, _ in
            try await fixture.enqueue(fixture.jobs(20, "other", tokens: 10) + fixture.jobs(1, tokens: 1000))
            while try await fixture.takeOne().job.tenant != .acme {}
            try await fixture.enqueue(fixture.jobs(1, tokens: 1000))
            // What it used counts: the other one's are all before it.
            var before = 0
            while try await fixture.takeOne().job.tenant != .acme { before += 1 }
            #expect(before >= 17)
        }
    }

    @Test func whatIsCountedForTheGoneIsForgotten() async throws {
        try await Fixture.timed(.test()) { fixture, time in
            let policy = TenantPolicy(requestsPerMinute: 60, tokensPerMinute: 6000, caps: LiveCaps(jobs: 1))
            try await fixture.queue.setPolicy(policy, for: .acme)
            _ = try await fixture.queue.admit(fixture.job(), AdmissionTerms())
            _ = try await fixture.queue.admit(fixture.job(), AdmissionTerms())
            _ = try await fixture.serve(1)
            try await fixture.enqueue(fixture.jobs(1, "stays"))
            _ = try await fixture.take(1)
            let clocks = ["r", "t", "promised"]
            try await sweep(fixture)
            let acme = try await fixture.record("acme", of: "tenants")
            #expect(clocks.allSatisfy { acme[$0] > 0 } && acme["served s"] == 0)
            #expect(try await fixture.record("stays", of: "tenants")["served s"] == 100)

            let over = Double(time.now.milliseconds - 60_001)
            try await fixture.change("acme", of: "tenants") { record in
                for clock in clocks { record[clock] = over }
                record["idle s"] = 0
            }
            try await sweep(fixture)
            #expect(Set(try await fixture.records("tenants").keys) == ["stays"])
        }
    }

    @Test func aRebaseKeepsOrderAndDifferences() async throws {
        try await Fixture.timed { fixture, time in
            try await fixture.enqueue(fixture.jobs(2, "a") + fixture.jobs(2, "b") + fixture.jobs(2, "c", .batch))
            // Virtual times are in thousandths.
            let far = 2e15
            _ = try await fixture.client.send("ZADD", fixture.keys("vt:standard"), "\(Int(far) + 7500)", "a")
            _ = try await fixture.client.send("ZADD", fixture.keys("vt:standard"), "\(Int(far) + 300_000)", "b")
            try await fixture.change("away", of: "tenants") {
                $0["idle s"] = far + 40_000
                $0["idle at"] = Double(time.now.milliseconds / 1000)
            }
            try await fixture.change("p", of: "gates") {
                $0["f:s"] = far
                for (clock, more) in [("v:s", 20.0), ("v:b", 5), ("v:i", -9), ("floor", 5)] { $0[clock] = far + more }
            }

            _ = try await fixture.queue.tick()

            let standard = try await fixture.client.send("ZRANGE", fixture.keys("vt:standard"), 0, -1, "WITHSCORES")
            #expect(standard.array?.compactMap(\.string) == ["a", "7500", "b", "300000"])
            #expect(try await fixture.record("away", of: "tenants")["idle s"] == 40_000)
            let pool = try await fixture.record("p", of: "gates")
            #expect(["f:s", "v:s", "v:b", "v:i", "floor"].map { pool[$0] } == [0, 15, 0, -14, 0])
            // The class with the lower clock, then the other one's tenants by theirs.
            #expect(try await fixture.takeOne().job.tenant.text == "c")
        }
    }

    @Test func aTombstoneLastsTwoMinutes() async throws {
        try await Fixture.timed { fixture, time in
            let job = fixture.job()
            try await fixture.enqueue([job])
            _ = try await fixture.serve(1)
            let till = try await fixture.client.send("ZSCORE", fixture.keys("done"), job.id.text).string
            #expect(till == "\(time.now.adding(.seconds(120)).milliseconds)")
        }
    }

    @Test func whoComesLaterGoesLaterWhateverItsName() async throws {
        try await Fixture.timed { fixture, _ in
            let names = ["m", "z", "a", "k", "b"]
            for name in names { try await fixture.enqueue(fixture.jobs(1, name)) }
            #expect(try await fixture.take(5).map(\.job.tenant.text) == names)
        }
    }
}

/// Feeding a batch.
@Suite(.timeLimit(.minutes(1)))
struct FeedTests {
    private static let batch = BatchID("batch_x")

    @Test func aFullTenantOrPoolRefusesAPortionAndKeepsTheCursor() async throws {
        for isPool in [true, false] {
            var pool = Pool.test()
            if isPool { pool.caps = LiveCaps(jobs: 3) }
            try await Fixture.run(pool) { fixture in
                if !isPool { try await fixture.queue.setPolicy(TenantPolicy(caps: LiveCaps(jobs: 3)), for: .acme) }
                let middle = FeedCursor(line: 4, offset: 9)
                let first = fixture.lines(1...3, of: Self.batch)
                #expect(try await fixture.queue.feed(Self.batch, lines: first, from: nil, to: middle))
                let next = fixture.lines(4...5, of: Self.batch)
                await #expect(throws: QueueFull.self) {
                    try await fixture.queue.feed(Self.batch, lines: next, from: middle, to: .end)
                }
                #expect(try await fixture.queue.feedState(of: Self.batch) == FeedState(cursor: middle, live: 3))
                _ = try await fixture.serve(1)
                #expect(try await fixture.queue.feed(Self.batch, lines: next, from: middle, to: .end))
                #expect(try await fixture.queue.feedState(of: Self.batch) == FeedState(cursor: .end, live: 4))
                #expect(try await Audit(fixture).problems.isEmpty)
            }
        }
    }

    @Test func aBatchThatIsFedAgainWhileLinesLiveKeepsItsNumber() async throws {
        try await Fixture.run { fixture in
            _ = try await fixture.queue.feed(
                Self.batch,
                lines: fixture.lines(1...4, of: Self.batch),
                from: nil,
                to: .end
            )
            _ = try await fixture.serve(2)
            try await fixture.queue.forgetFeed(of: Self.batch)
            // From the start again: what still lives is left alone, what ended comes once more.
            _ = try await fixture.queue.feed(
                Self.batch,
                lines: fixture.lines(1...4, of: Self.batch),
                from: nil,
                to: .end
            )
            #expect(try await fixture.queue.feedState(of: Self.batch) == FeedState(cursor: .end, live: 4))
            #expect(try await Audit(fixture).problems.isEmpty)
            #expect(try await fixture.take(9).count == 4)
        }
    }

    @Test func aForgottenBatchLeavesNothingBehind() async throws {
        try await Fixture.run { fixture in
            _ = try await fixture.queue.feed(
                Self.batch,
                lines: fixture.lines(1...4, of: Self.batch),
                from: nil,
                to: .end
            )
            _ = try await fixture.queue.setPaused(true, linesOf: Self.batch, after: nil, limit: 50)
            try await fixture.queue.forgetFeed(of: Self.batch)
            let jobs = try await fixture.queue.jobs(of: Self.batch, after: nil, limit: 50).jobs
            #expect(jobs.count == 4)
            try await fixture.queue.remove(jobs)
            #expect(try await KeyReader(fixture).hash("feeds").keys.sorted() == ["next"])
            #expect(try await KeyReader(fixture).hash("tries").isEmpty)
            #expect(try await KeyReader(fixture).hash("shapes").isEmpty)

            // The same batch again is another one: it is not paused.
            _ = try await fixture.queue.feed(
                Self.batch,
                lines: fixture.lines(1...4, of: Self.batch),
                from: nil,
                to: .end
            )
            #expect(try await fixture.take(9).count == 4)
        }
    }

    @Test func anEmptyPortionMovesTheCursor() async throws {
        try await Fixture.run { fixture in
            #expect(try await fixture.queue.feed(Self.batch, lines: [], from: nil, to: .end))
            #expect(try await fixture.queue.feedState(of: Self.batch) == FeedState(cursor: .end, live: 0))
            try await fixture.queue.forgetFeed(of: Self.batch)
            #expect(try await KeyReader(fixture).hash("feeds").keys.sorted() == ["next"])
        }
    }
}
