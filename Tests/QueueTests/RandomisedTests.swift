import Penstock
import Redis
import Testing

@testable import Queue

/// Random sequences of all operations, compared after each step with a model that has no queue in it.
@Suite(.timeLimit(.minutes(1)))
struct RandomisedTests {
    private static let pool = Pool.test(
        targets: [.test("t1", cap: 3, groups: ["g"]), .test("t2", cap: 4, groups: ["g", "h"])],
        groups: [LimitGroup(name: "g", maxConcurrency: 5), LimitGroup(name: "h")]
    )

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func noJobIsLostOrDoubled(seed: UInt64) async throws {
        try await Fixture.run(Self.pool) { fixture in
            _ = try await fixture.queue.tick()
            // No grace: the first tick of a pool begins one.
            _ = try await fixture.client.send("HDEL", fixture.keys("tick"), "grace")
            var walk = RandomWalk(fixture, seed: seed)
            for step in 0..<300 {
                let name = try await walk.step()
                let audit = try await Audit(fixture)
                let problems = audit.problems + walk.differences(to: audit)
                guard problems.isEmpty else {
                    Issue.record("seed \(seed), step \(step), \(name): \(problems.joined(separator: "\n"))")
                    return
                }
            }
            try await walk.drain()
            #expect(try await fixture.queue.tick() == PoolSnapshot(waiting: 0, running: 0, delayed: 0, tenants: 0))
            #expect(try await fixture.client.send("HLEN", fixture.keys("jobs")).int64 == 0)
        }
    }
}

/// What the test knows of a job.
private struct Known {
    enum Place: Equatable {
        case waiting, delayed
        case running(Lease)
    }

    let job: Job
    var place = Place.waiting
    var attempts = 0
    var deaths = 0
    var isCancelled = false
    var isOrphaned = false

    var lease: Lease? {
        if case .running(let lease) = place { lease } else { nil }
    }

    var isLate: Bool { job.deadline <= .present }
}

private struct RandomWalk {
    private let fixture: Fixture
    private let queue: RedisJobQueue
    /// For which every lease is old.
    private let reaper: RedisJobQueue
    private var random: SeededGenerator
    private var known: [JobID: Known] = [:]
    private var caps: [TenantID: Int] = [:]
    private var fed: [BatchID: Int] = [:]
    private let tenants = ["a", "b", "c"].map { TenantID(trusted: $0) }

    init(_ fixture: Fixture, seed: UInt64) {
        self.fixture = fixture
        queue = fixture.queue
        reaper = fixture.queue(lease: .milliseconds(1))
        random = SeededGenerator(state: seed)
    }

    /// One random operation, and a check of what it returned.
    mutating func step() async throws -> String {
        switch Int.random(in: 0..<24, using: &random) {
        case 0...3: return try await enqueue()
        case 4: return try await enqueueKnown()
        case 5, 6: return try await feed()
        case 7...10: return try await take()
        case 11...13: return try await settle()
        case 14, 15: return try await retry()
        case 16: return try await makeDue()
        case 17: return try await renew()
        case 18: return try await cancel()
        case 19: return try await removeLines()
        case 20: return try await reclaim()
        case 21: return try await expire()
        case 22: return try await settleWithoutRight()
        default: return try await setPolicy()
        }
    }

    func differences(to audit: Audit) -> [String] {
        var differences: [String] = []
        if Set(audit.places.keys) != Set(known.keys) { differences.append("other jobs are live") }
        for (id, job) in known {
            let fits =
                switch (job.place, audit.places[id]) {
                case (.waiting, .waiting), (.delayed, .delayed): true
                case (.waiting, .overdue): job.isLate
                case (.running(let lease), .running(let token)): lease.token.text == token
                default: false
                }
            if !fits { differences.append("\(id): \(job.place), but \(String(describing: audit.places[id]))") }
        }
        let live = known.values.compactMap(\.job.line?.batch).reduce(into: [:]) { $0[$1, default: 0] += 1 }
        if live != audit.live { differences.append("live lines \(audit.live), not \(live)") }
        return differences
    }

    // MARK: Operations

    private mutating func enqueue() async throws -> String {
        let jobClass = JobClass.allCases.randomElement(using: &random) ?? .standard
        let jobs = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            let isLate = Int.random(in: 0..<10, using: &random) == 0
            return fixture.job(
                tenants.randomElement(using: &random)?.text ?? "a",
                jobClass,
                deadlineIn: .seconds(isLate ? -5 : Int.random(in: 600...6000, using: &random)),
                tokens: Int.random(in: 1...5000, using: &random)
            )
        }
        try await queue.enqueue(jobs)
        for job in jobs { known[job.id] = Known(job: job) }
        return "enqueue"
    }

    private mutating func enqueueKnown() async throws -> String {
        guard let job = pick({ $0.job.line == nil }) else { return "nothing" }
        try await queue.enqueue([job.job])
        return "enqueue again"
    }

    private mutating func feed() async throws -> String {
        let batch = BatchID("batch_\(Int.random(in: 0..<2, using: &random))")
        let next = fed[batch] ?? 1
        let lines = fixture.lines(next...(next + 2), of: batch, tenant: "b")
        let from = fed[batch].map { FeedCursor(line: $0, offset: Int64($0)) }
        let to = FeedCursor(line: next + 3, offset: Int64(next + 3))
        #expect(try await !queue.feed(batch, lines: lines, from: .end, to: to))
        #expect(try await queue.feed(batch, lines: lines, from: from, to: to))
        fed[batch] = next + 3
        for line in lines { known[line.id] = Known(job: line) }
        #expect(try await queue.feedState(of: batch)?.live == known.values.filter { $0.job.line?.batch == batch }.count)
        return "feed"
    }

    private mutating func take() async throws -> String {
        let limit = Int.random(in: 1...4, using: &random)
        let result = try await queue.take(limit, for: fixture.worker)
        for taken in result.jobs {
            let job = try #require(known[taken.job.id])
            #expect(job.place == .waiting && !job.isLate && job.job == taken.job)
            #expect(job.attempts == taken.earlierAttempts && job.deaths == taken.deaths)
            let rivals = known.values.filter { rival in
                rival.place == .waiting && !rival.isLate && rival.job.tenant == taken.job.tenant
                    && rival.job.jobClass == taken.job.jobClass
            }
            #expect(rivals.allSatisfy { $0.job.deadline >= taken.job.deadline })
            known[taken.job.id]?.place = .running(taken.lease)
        }
        for (tenant, cap) in caps where result.jobs.contains(where: { $0.job.tenant == tenant }) {
            #expect(running(of: tenant) <= cap)
        }
        let all = known.values.filter { $0.lease != nil }.count
        #expect(all <= 5)
        if result.jobs.count < limit, all < 5 {
            let left = known.values.filter { $0.place == .waiting && !$0.isLate }.map(\.job.tenant)
            #expect(left.allSatisfy { running(of: $0) >= caps[$0] ?? .max }, "somebody was passed over")
        }
        return "take"
    }

    private mutating func settle() async throws -> String {
        guard let job = pick({ $0.lease != nil }), let lease = job.lease else { return "nothing" }
        let usage =
            Bool.random(using: &random) ? Usage(input: Int.random(in: 0...9000, using: &random), output: 1) : nil
        let settlement = Settlement(
            usage: usage,
            mayHaveBeenSent: Bool.random(using: &random),
            chargesTenant: Bool.random(using: &random)
        )
        #expect(try await queue.settle(lease, settlement))
        known[job.job.id] = nil
        #expect(try await !queue.settle(lease, settlement))
        return "settle"
    }

    private mutating func retry() async throws -> String {
        guard let job = pick({ $0.lease != nil }), let lease = job.lease else { return "nothing" }
        let isDelayed = Bool.random(using: &random)
        let counts = Bool.random(using: &random)
        let delay = isDelayed ? Duration.seconds(500) : .zero
        #expect(try await queue.retry(lease, .asEstimated, after: delay, countsAttempt: counts))
        if job.isCancelled {
            known[job.job.id] = nil
        } else {
            known[job.job.id]?.place = isDelayed ? .delayed : .waiting
            known[job.job.id]?.attempts += counts ? 1 : 0
            known[job.job.id]?.isOrphaned = false
        }
        return "retry"
    }

    private mutating func makeDue() async throws -> String {
        guard let job = pick({ $0.place == .delayed && $0.job.line == nil }) else { return "nothing" }
        try await fixture.makeDue(job.job.id)
        let snapshot = try await queue.tick()
        known[job.job.id]?.place = .waiting
        #expect(snapshot.delayed == known.values.filter { $0.place == .delayed }.count)
        #expect(snapshot.running == known.values.filter { $0.lease != nil }.count)
        return "tick"
    }

    private mutating func renew() async throws -> String {
        let held = known.values.compactMap { job in job.lease.map { (job, $0) } }
        let losses = try await queue.renew(held.map(\.1), for: fixture.worker)
        for (job, lease) in held {
            let expected: LeaseLoss.Reason? = job.isOrphaned ? .lost : job.isCancelled ? .cancelled : nil
            #expect(losses.first { $0.lease == lease }?.reason == expected)
        }
        return "renew"
    }

    private mutating func cancel() async throws -> String {
        guard let job = pick({ $0.job.line == nil }) else { return "nothing" }
        try await queue.cancel(job.job.id)
        removed(job.job.id)
        return "cancel"
    }

    private mutating func removeLines() async throws -> String {
        let batch = BatchID("batch_\(Int.random(in: 0..<2, using: &random))")
        var found: [QueuedJob] = []
        var cursor: String?
        repeat {
            let page = try await queue.jobs(of: batch, after: cursor, limit: 4)
            found += page.jobs
            cursor = page.cursor
        } while cursor != nil
        #expect(Set(found.map(\.job.id)) == Set(known.values.filter { $0.job.line?.batch == batch }.map(\.job.id)))
        let some = found.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
        try await queue.remove(some)
        for job in some { removed(job.job.id) }
        return "remove"
    }

    /// Workers fall silent; some of their jobs are brought back, others are left for the next reclaimer.
    private mutating func reclaim() async throws -> String {
        try await Task.sleep(for: .milliseconds(3))
        for orphan in try await reaper.orphans(limit: 3) {
            let job = try #require(known[orphan.job.id])
            #expect(job.lease == orphan.lease && job.deaths + 1 == orphan.deaths && job.attempts == orphan.attempts)
            known[orphan.job.id]?.isOrphaned = true
            guard Bool.random(using: &random) else { continue }
            try await queue.requeue(orphan)
            try await queue.requeue(orphan)
            known[orphan.job.id]?.place = .waiting
            known[orphan.job.id]?.deaths += 1
            known[orphan.job.id]?.isOrphaned = false
            known[orphan.job.id]?.isCancelled = false
            #expect(try await !queue.settle(orphan.lease, .asEstimated))
        }
        return "reclaim"
    }

    private mutating func expire() async throws -> String {
        let found = try await queue.overdue(limit: 100)
        #expect(
            Set(found.map(\.job.id)) == Set(known.values.filter { $0.isLate && $0.place == .waiting }.map(\.job.id))
        )
        let some = found.filter { _ in Bool.random(using: &random) }
        try await queue.remove(some)
        for job in some { removed(job.job.id) }
        return "expire"
    }

    private mutating func settleWithoutRight() async throws -> String {
        guard let lease = pick({ $0.lease != nil })?.lease else { return "nothing" }
        let foreign = Lease(pool: lease.pool, key: lease.key, token: IDGenerator.attempt())
        #expect(try await !queue.settle(foreign, .asEstimated))
        #expect(try await !queue.retry(foreign, .asEstimated, after: .zero, countsAttempt: true))
        return "settle without right"
    }

    private mutating func setPolicy() async throws -> String {
        guard let tenant = tenants.randomElement(using: &random) else { return "nothing" }
        let cap = [nil, 1, 2, 3].randomElement(using: &random) ?? nil
        caps[tenant] = cap
        let weight = Int.random(in: 1...5, using: &random)
        try await queue.setPolicy(TenantPolicy(weight: weight, maxRunning: cap), for: tenant)
        return "policy"
    }

    /// Whatever happened before, everything that is left can be done.
    mutating func drain() async throws {
        for tenant in tenants { try await queue.setPolicy(TenantPolicy(), for: tenant) }
        for job in known.values { if let lease = job.lease { #expect(try await queue.settle(lease, .asEstimated)) } }
        _ = try await fixture.client.send(
            "ZUNIONSTORE",
            fixture.keys("delayed"),
            1,
            fixture.keys("delayed"),
            "WEIGHTS",
            0
        )
        _ = try await queue.tick()
        while case let overdue = try await queue.overdue(limit: 50), !overdue.isEmpty {
            try await queue.remove(overdue)
        }
        while let taken = try await fixture.take(1).first {
            #expect(try await queue.settle(taken.lease, .asEstimated))
        }
    }

    // MARK: The model

    private func running(of tenant: TenantID) -> Int {
        known.values.filter { $0.lease != nil && $0.job.tenant == tenant }.count
    }

    private mutating func removed(_ id: JobID) {
        if known[id]?.lease != nil { known[id]?.isCancelled = true } else { known[id] = nil }
    }

    private mutating func pick(_ isMeant: (Known) -> Bool) -> Known? {
        // Dictionaries have another order in every run.
        known.values.filter(isMeant).sorted { $0.job.createdAt < $1.job.createdAt }.randomElement(using: &random)
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
