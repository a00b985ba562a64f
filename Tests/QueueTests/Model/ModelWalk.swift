import Penstock
import Redis
import Testing

@testable import Queue

/// Random operations on the queue and the model at once. Each answer is compared as it comes.
struct ModelWalk {
    static let pool: Pool = {
        var pool = Pool.test(
            targets: [
                .test("t1", cap: 3, groups: ["g"]), .test("t2", cap: 4, groups: ["g", "h"]),
                .adaptive("t3", AdaptiveConcurrency(initial: 2, least: 1, most: 4, followsFirstByte: true)),
            ],
            groups: [
                LimitGroup(name: "g", requestsPerMinute: 1200, tokensPerMinute: 2_000_000, maxConcurrency: 5),
                LimitGroup(
                    name: "h",
                    inputTokensPerMinute: 1_000_000,
                    outputTokensPerMinute: 300_000,
                    requestsPerDay: 40
                ),
            ]
        )
        pool.tokenWeights = TokenWeights(input: 1, output: 2)
        pool.caps = LiveCaps(jobs: 40, tokens: 200_000)
        return pool
    }()
    private static let tenants = ["a", "b", "c"].map { TenantID(trusted: $0) }
    private static let batches = ["batch_x", "batch_y"].map { BatchID($0) }
    /// How far ahead of the present the scripts' clock may be.
    private static let ahead = (least: Duration.seconds(6), most: Duration.seconds(50))

    let fixture: Fixture
    var model: QueueModel
    private var time: VirtualTime
    var random: SeededGenerator
    private var problems: [String] = []
    /// Leases that ended: their holders do not know it.
    var former: [Lease] = []
    /// How often each operation did something.
    private(set) var done: [String: Int] = [:]

    var queue: RedisJobQueue { fixture.queue }

    init(_ fixture: Fixture, seed: UInt64) async throws {
        self.fixture = fixture
        time = try await VirtualTime(fixture)
        model = QueueModel(pool: Self.pool, now: time.now)
        random = SeededGenerator(state: seed)
    }

    /// One operation: its name and what was not as the model says.
    mutating func step() async throws -> (name: String, problems: [String]) {
        problems = []
        try await passTime()
        let name = try await operation()
        done[name, default: 0] += 1
        let state = try await QueueState(fixture)
        problems += QueueState(model).differences(to: state)
        let audit = try await Audit(fixture)
        problems += audit.problems + placeDifferences(audit)
        return (name, problems)
    }

    private mutating func operation() async throws -> String {
        switch Int.random(in: 0..<43, using: &random) {
        case 0...3: try await enqueue()
        case 4: try await enqueueAgain()
        case 5, 6: try await admit()
        case 7, 8: try await feed()
        case 9...17: try await take()
        case 18, 19: try await settle()
        case 20...22: try await settleTogether()
        case 23, 24: try await retry()
        case 25: try await handBack()
        case 26: try await renew()
        case 27: try await remove()
        case 28, 29: try await change()
        case 30: try await pauseBatch()
        case 31:
            try await Int.random(in: 0..<3, using: &random) == 0 || model.controls != PoolControls()
                ? control() : resume()
        case 32: try await setPolicy()
        case 33: try await handBack()
        case 34: try await expire()
        case 35: try await crash()
        case 36: try await settleWithoutRight()
        case 37: try await resume()
        case 38: try await forgetFeed()
        case 39, 40: try await spool()
        case 41: try await unspool()
        default: try await tick()
        }
    }

    // MARK: Time

    private mutating func passTime() async throws {
        var next = time.now
        switch Int.random(in: 0..<30, using: &random) {
        case 0: next = next.adding(.milliseconds(-Int.random(in: 1...4000, using: &random)))
        case 1, 2: next = next.adding(.milliseconds(Int.random(in: 500...2500, using: &random)))
        case 3...20: next = next.adding(.milliseconds(Int.random(in: 1...120, using: &random)))
        default: return
        }
        let (least, most) = (Timestamp.present.adding(Self.ahead.least), Timestamp.present.adding(Self.ahead.most))
        try await time.set(min(max(next, least), most))
        model.now = Double(time.now.milliseconds)
    }

    // MARK: In

    private mutating func anyJob() -> Job {
        var job = fixture.job(pick(Self.tenants).text, pick(JobClass.allCases))
        job.deadline = time.now.adding(.milliseconds(Int.random(in: 0..<8, using: &random) == 0 ? -5 : anyDeadline()))
        job.estimate = anyEstimate()
        // Too long for Redis to keep all jobs in one piece, which it would scan in one page.
        job.body = .inline(Array(repeating: UInt8(ascii: " "), count: 80))
        return job
    }

    private mutating func anyDeadline() -> Int { Int.random(in: 200...60_000, using: &random) }

    private mutating func anyEstimate() -> TokenEstimate {
        let isLarge = Int.random(in: 0..<12, using: &random) == 0
        return TokenEstimate(
            input: Int.random(in: 1...(isLarge ? 60_000 : 3000), using: &random),
            output: Int.random(in: 0...800, using: &random)
        )
    }

    private mutating func enqueue() async throws -> String {
        guard model.entries.count < 40 else { return "nothing" }
        let jobs = (0..<Int.random(in: 1...3, using: &random)).map { _ in anyJob() }
        try await queue.enqueue(jobs)
        model.enqueue(jobs)
        return "enqueue"
    }

    private mutating func enqueueAgain() async throws -> String {
        guard let job = any({ $0.job.line == nil })?.job else { return "nothing" }
        try await queue.enqueue([job])
        model.enqueue([job])
        if let ended = model.ended.sorted().last {
            var gone = job
            gone.id = JobID(ended)
            try await queue.enqueue([gone])
            model.enqueue([gone])
        }
        return "enqueue again"
    }

    private mutating func admit() async throws -> String {
        let job = anyJob()
        let onlyAsk = Int.random(in: 0..<4, using: &random) == 0
        let answer = try await queue.admit(job, AdmissionTerms(queueAnyway: true, onlyAsk: onlyAsk))
        let full = model.fullCap(job.tenant, jobs: 1, tokens: job.estimate.input + job.estimate.output)
        switch (answer, full) {
        case (.accepted, nil):
            if !onlyAsk { model.enqueue([job]) }
            return "admit"
        case (.refused(let refusal), .some(let full)):
            expect(refusal.reason == full.0 && refusal.cap == full.cap && refusal.used == full.used, "\(refusal)")
            expect(refusal.retryAfter > .zero && refusal.retryAfter <= .seconds(60), "\(refusal)")
            return "refuse"
        default:
            expect(false, "\(answer), model \(String(describing: full))")
            return "admit"
        }
    }

    private mutating func feed() async throws -> String {
        let batch = pick(Self.batches)
        let from = model.feeds[batch]?.cursor
        let first = from?.line ?? 1
        let lines = fixture.lines(first...(first + Int.random(in: 0...3, using: &random)), of: batch, tenant: "b")
        let deadline = time.now.adding(.milliseconds(anyDeadline()))
        let portion = lines.map { line in
            var line = line
            line.deadline = deadline
            line.estimate = anyEstimate()
            return line
        }
        let to = FeedCursor(line: first + lines.count, offset: Int64(first))
        if model.fullCap(Self.tenants[1], jobs: 1, tokens: 0) != nil {
            let queue = queue
            await expectFull { try await queue.feed(batch, lines: portion, from: from, to: to) }
            return "feed refused"
        }
        for _ in 0..<2 {
            // The second one is what a lost reply repeats.
            let isFed = try await queue.feed(batch, lines: portion, from: from, to: to)
            let expected = model.feed(batch, portion, from: from, to: to)
            expect(isFed == expected, "feed \(isFed)")
        }
        let live = model.entries.values.count { $0.job.line?.batch == batch }
        let state = try await queue.feedState(of: batch)
        expect(state == FeedState(cursor: to, live: live), "feed state \(String(describing: state))")
        return "feed"
    }

    private mutating func forgetFeed() async throws -> String {
        let batch = pick(Self.batches)
        try await queue.forgetFeed(of: batch)
        model.forgetFeed(batch)
        return "forget feed"
    }

    // MARK: Work

    private mutating func take() async throws -> String {
        let limit = Int.random(in: 1...5, using: &random)
        let consumer = pick(QueueModel.consumers)
        let result = try await queue.take(limit, for: consumer)
        let (expected, wait) = model.take(limit, for: consumer, leases: result.jobs.map(\.lease))
        let taken = result.jobs.map {
            QueueModel.Taken(
                name: model.name(of: $0.job),
                target: $0.target,
                attempts: $0.earlierAttempts,
                deaths: $0.deaths
            )
        }
        expect(taken == expected, "took \(taken), model \(expected)")
        let milliseconds = result.wait.map { Double($0.wholeMilliseconds) }
        expect(milliseconds == wait, "wait \(String(describing: milliseconds)), model \(String(describing: wait))")
        for taken in result.jobs where model.entries[model.name(of: taken.job)]?.job != taken.job {
            expect(false, "another job than was put in: \(taken.job)")
        }
        return taken.isEmpty ? "take nothing" : "take"
    }

    private mutating func renew() async throws -> String {
        let held = model.leases.values.sorted { $0.lease.key < $1.lease.key }
        let leases = held.map(\.lease) + former.suffix(3)
        let losses = try await queue.renew(leases, for: fixture.worker)
        for lease in leases {
            let reason =
                model.holds(lease).map { held -> LeaseLoss.Reason? in
                    held.isOrphaned ? .lost : held.isCancelled ? .cancelled : nil
                } ?? .lost
            expect(losses.first { $0.lease == lease }?.reason == reason, "renew \(lease.key)")
        }
        return "renew"
    }

    /// Workers fall silent: some of their jobs are brought back, twice; others are left for the next reclaimer.
    private mutating func crash() async throws -> String {
        let silent = model.leases.values.map(\.lease).sorted { $0.key < $1.key }
            .filter { _ in Bool.random(using: &random) }
        _ = try await fixture.client.send("HDEL", fixture.keys("tick"), "grace")
        _ = try await fixture.client.send("HSET", fixture.keys("tick"), "at", time.now.milliseconds)
        for lease in silent {
            let idle: [any RedisArgument] = [lease.key, "IDLE", 3_600_000, "JUSTID"]
            let claim: [any RedisArgument] = [fixture.keys("ready"), "workers", fixture.worker.text, 0] + idle
            _ = try await fixture.client.send(RedisCommand("XCLAIM", arguments: claim))
        }
        let orphans = try await queue.orphans(limit: 50)
        expect(Set(orphans.map(\.lease)) == Set(silent), "orphans \(orphans.map(\.lease.key))")
        for orphan in orphans {
            guard let held = model.holds(orphan.lease), let entry = model.entries[held.name] else { continue }
            expect(orphan.deaths == entry.deaths + 1 && orphan.attempts == entry.attempts, "orphan \(orphan)")
            expect(orphan.target == held.target && orphan.job == entry.job, "orphan \(orphan)")
            model.leases[orphan.lease.key]?.isOrphaned = true
            guard Bool.random(using: &random) else { continue }
            for _ in 0..<2 {
                try await queue.requeue(orphan)
                model.requeue(orphan.lease)
            }
            former.append(orphan.lease)
        }
        return silent.isEmpty ? "nothing" : "crash"
    }

    // MARK: Ends and changes

    private mutating func remove() async throws -> String {
        guard let entry = any({ _ in true }) else { return "nothing" }
        if entry.job.line == nil {
            try await queue.cancel(entry.job.id)
        } else {
            try await queue.remove([QueuedJob(job: entry.job, entry: entry.name, attempts: 0)])
        }
        model.remove([entry.name])
        return "remove"
    }

    private mutating func expire() async throws -> String {
        let found = try await queue.overdue(limit: 50)
        let expected = model.overdue()
        expect(Set(found.map(\.entry)) == expected, "overdue \(found.map(\.entry)), model \(expected)")
        let some = found.filter { _ in Bool.random(using: &random) }
        try await queue.remove(some)
        model.remove(some.map(\.entry))
        return found.isEmpty ? "nothing" : "expire"
    }

    private mutating func change() async throws -> String {
        guard let entry = any({ $0.place != .overdue }) else { return "nothing" }
        let change = JobChange(
            jobClass: Bool.random(using: &random) ? pick(JobClass.allCases) : nil,
            deadline: Bool.random(using: &random) ? time.now.adding(.milliseconds(anyDeadline())) : nil
        )
        expect(try await queue.change([entry.job.id], change) == 1, "change of an unknown job")
        model.change(entry.name, change)
        return "change"
    }

    private mutating func pauseBatch() async throws -> String {
        let batch = pick(Self.batches)
        let isPaused = Bool.random(using: &random)
        var cursor: String?
        repeat {
            cursor = try await queue.setPaused(isPaused, linesOf: batch, after: cursor, limit: 3)
        } while cursor != nil
        model.setPaused(isPaused, batch)
        return isPaused ? "pause batch" : "resume batch"
    }

    private mutating func control() async throws -> String {
        let dice = model.controls == PoolControls() ? Int.random(in: 0..<3, using: &random) : 3
        let controls = PoolControls(
            isPaused: dice == 0,
            pausedTargets: dice == 1 ? ["t1"] : dice == 2 ? ["t2", "t3"] : []
        )
        try await queue.setControls(controls)
        model.controls = controls
        return "control"
    }

    private mutating func setPolicy() async throws -> String {
        let tenant = pick(Self.tenants)
        let policy = TenantPolicy(
            weight: Int.random(in: 1...5, using: &random),
            maxRunning: pick([nil, nil, 1, 2, 3]),
            requestsPerMinute: pick([nil, nil, 600]),
            tokensPerMinute: pick([nil, nil, 300_000]),
            caps: LiveCaps(jobs: pick([nil, 8, 20]), tokens: pick([nil, 30_000])),
            isPaused: Int.random(in: 0..<8, using: &random) == 0
        )
        try await queue.setPolicy(policy, for: tenant)
        model.setPolicy(policy, tenant)
        return "policy"
    }

    private mutating func resume() async throws -> String {
        let target = pick(Self.pool.targets)
        try await queue.resume(target: target.name)
        model.resume(target)
        return "resume"
    }

    private mutating func tick() async throws -> String {
        var snapshot = try await queue.tick()
        let expected = model.tick()
        expect(snapshot.spooledBytes > 0 || expected.spooled == 0, "bytes of \(expected.spooled) outcomes")
        snapshot.spooledBytes = 0
        expect(snapshot == expected, "tick \(snapshot), model \(expected)")
        return "tick"
    }

    // MARK: Comparing and choosing

    mutating func expect(_ holds: Bool, _ otherwise: @autoclosure () -> String) {
        if !holds { problems.append(otherwise()) }
    }

    private mutating func expectFull(_ body: () async throws -> Bool) async {
        do {
            let isFed = try await body()
            expect(false, "fed beyond a cap: \(isFed)")
        } catch {
            expect(error is QueueFull, "\(error)")
        }
    }

    private func placeDifferences(_ audit: Audit) -> [String] {
        model.entries.values.compactMap { entry in
            let fits =
                switch (entry.place, audit.places[entry.job.id]) {
                case (.waiting, .waiting), (.delayed, .delayed), (.held, .delayed), (.overdue, .overdue),
                    (.answered, .answered):
                    true
                case (.running(let key), .running(let token)): model.leases[key]?.lease.token.text == token
                default: false
                }
            return fits ? nil : "\(entry.name) \(entry.place), Redis \(String(describing: audit.places[entry.job.id]))"
        }
            + (audit.places.count == model.entries.count
                ? [] : ["\(audit.places.count) jobs, model \(model.entries.count)"])
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    private mutating func any(_ isMeant: (QueueModel.Entry) -> Bool) -> QueueModel.Entry? {
        let meant = model.entries.values.filter(isMeant).sorted { $0.name < $1.name }
        return meant.isEmpty ? nil : pick(meant)
    }

    mutating func anyLease() -> Lease? {
        let leases = model.leases.values.map(\.lease).sorted { $0.key < $1.key }
        return leases.isEmpty ? nil : pick(leases)
    }
}
