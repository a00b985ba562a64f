import Penstock
import Redis
import Testing

@testable import Queue

/// The door: caps, deadlines, and when to come back.
@Suite(.timeLimit(.minutes(1)))
struct AdmissionTests {
    private func pool(_ caps: LiveCaps) -> Pool {
        var pool = Pool.test()
        pool.caps = caps
        return pool
    }

    /// Why a job is not taken in; nil when it is.
    private func refusal(
        _ job: Job,
        _ fixture: Fixture,
        _ terms: AdmissionTerms = AdmissionTerms()
    ) async throws -> AdmissionRefusal? {
        if case .refused(let refusal) = try await fixture.queue.admit(job, terms) { refusal } else { nil }
    }

    /// A job of 100 tokens and a little more than 1,000 bytes.
    private func large(_ fixture: Fixture, _ tenant: String = "acme") -> Job {
        var job = fixture.job(tenant)
        job.body = .inline(Array(repeating: 0x20, count: 1000))
        return job
    }

    /// Three jobs are live; a fourth does not fit.
    @Test(arguments: AdmissionRefusal.Reason.allCases.filter { $0 != .deadlineUnmeetable })
    func eachCapRefusesWithItsNumbers(_ reason: AdmissionRefusal.Reason) async throws {
        let isPool = reason.rawValue.hasPrefix("pool")
        let caps: LiveCaps =
            switch reason {
            case .tenantJobs, .poolJobs: LiveCaps(jobs: 3)
            case .tenantTokens, .poolTokens: LiveCaps(tokens: 399)
            default: LiveCaps(bytes: 3500)
            }
        try await Fixture.timed(pool(isPool ? caps : LiveCaps())) { fixture, time in
            if !isPool { try await fixture.queue.setPolicy(TenantPolicy(caps: caps), for: .acme) }
            // What others have counts for the pool only.
            try await fixture.enqueue([large(fixture, "other"), large(fixture, "other")])
            for _ in 0..<(isPool ? 1 : 3) {
                #expect(
                    try await fixture.queue.admit(large(fixture), AdmissionTerms()) == .accepted(expectedStart: nil)
                )
            }
            let record = try await fixture.record(isPool ? "p" : "acme", of: isPool ? "gates" : "tenants")
            let counts = ["live jobs", "live bytes", "live tokens"].map { Int(record[$0]) }
            #expect(counts[0] == 3 && counts[2] == 300 && counts[1] > 3000)

            let answer = try await refusal(large(fixture), fixture, AdmissionTerms(queueAnyway: true))

            let refusal = try #require(answer)
            #expect(refusal.reason == reason)
            switch reason {
            case .tenantJobs, .poolJobs: #expect(refusal.cap == 3 && refusal.used == 3)
            case .tenantTokens, .poolTokens: #expect(refusal.cap == 399 && refusal.used == 300)
            default: #expect(refusal.cap == 3500 && refusal.used == counts[1])
            }
            #expect(refusal.retryAfter > .zero && refusal.retryAfter <= .seconds(60))
            #expect(try await fixture.queue.tick().waiting == (isPool ? 3 : 5))
        }
    }

    @Test func whatEndsMakesRoom() async throws {
        try await Fixture.timed(pool(LiveCaps(jobs: 1))) { fixture, _ in
            #expect(try await refusal(fixture.job(), fixture) == nil)
            #expect(try await refusal(fixture.job(), fixture) != nil)
            let taken = try await fixture.takeOne()
            #expect(try await refusal(fixture.job(), fixture) != nil)
            _ = try await fixture.queue.settle(taken.lease, .asEstimated)
            #expect(try await refusal(fixture.job(), fixture) == nil)
        }
    }

    @Test func aKnownJobIsAcceptedAgain() async throws {
        try await Fixture.timed(pool(LiveCaps(jobs: 1))) { fixture, _ in
            let job = fixture.job()
            for _ in 0..<3 {
                #expect(try await refusal(job, fixture) == nil)
            }
            #expect(try await fixture.queue.tick().waiting == 1)
            let taken = try await fixture.takeOne()
            #expect(try await refusal(job, fixture) == nil)
            _ = try await fixture.queue.settle(taken.lease, .asEstimated)
            #expect(try await refusal(job, fixture) == nil)
            #expect(try await fixture.queue.tick().waiting == 0)
        }
    }

    @Test func onlyAskingAddsNothing() async throws {
        try await Fixture.timed(pool(LiveCaps(jobs: 1))) { fixture, _ in
            for _ in 0..<2 {
                let answer = try await fixture.queue.admit(fixture.job(), AdmissionTerms(onlyAsk: true))
                #expect(answer == .accepted(expectedStart: nil) || answer == .accepted(expectedStart: .zero))
            }
            #expect(try await fixture.client.send("HLEN", fixture.keys("jobs")).int64 == 0)
            #expect(try await fixture.client.send("HLEN", fixture.keys("shapes")).int64 == 0)
        }
    }

    @Test func aDeadlineThatCannotBeMetIsRefusedUnlessAskedFor() async throws {
        try await Fixture.timed { fixture, time in
            try await fixture.teach(24, service: .seconds(10))
            _ = try await fixture.queue.tick()
            let job = time.job(in: .seconds(5))
            let answer = try await refusal(job, fixture)
            let refusal = try #require(answer)
            #expect(refusal.reason == .deadlineUnmeetable && refusal.cap == nil && refusal.used == nil)
            // Half of the calls take ten to twelve seconds.
            #expect(refusal.retryAfter >= .seconds(5) && refusal.retryAfter <= .seconds(7))
            #expect(try await fixture.queue.tick().waiting == 0)

            #expect(try await self.refusal(job, fixture, AdmissionTerms(queueAnyway: true)) == nil)
            #expect(try await self.refusal(time.job(in: .seconds(20)), fixture) == nil)
            #expect(try await fixture.queue.tick().waiting == 2)
        }
    }

    @Test func aDeadlineThatIsOverIsRefused() async throws {
        try await Fixture.timed { fixture, time in
            let answer = try await refusal(time.job(in: .milliseconds(-1)), fixture)
            #expect(answer?.reason == .deadlineUnmeetable)
        }
    }

    @Test func eachOneWhoIsRefusedComesBackLater() async throws {
        try await Fixture.timed(pool(LiveCaps(jobs: 1))) { fixture, time in
            try await fixture.enqueue(fixture.jobs(1))
            var waits: [Duration] = []
            for _ in 0..<80 {
                let answer = try await refusal(fixture.job(), fixture)
                waits.append(try #require(answer).retryAfter)
            }
            #expect(waits.first == .seconds(1))
            #expect(waits.last == .seconds(60))
            for (one, next) in zip(waits, waits.dropFirst()) { #expect(next > one || next == .seconds(60)) }
            // Another tenant stands in another line.
            let other = try await refusal(fixture.job("other"), fixture)
            #expect(other?.retryAfter == .seconds(1))
            try await time.advance(.seconds(20))
            let later = try await refusal(fixture.job(), fixture)
            #expect(later?.retryAfter == .seconds(41))
        }
    }

    @Test func aJobOfAnotherEpochIsNotAdmitted() async throws {
        try await Fixture.run { fixture in
            let job = fixture.job()
            _ = try await fixture.client.send("FLUSHALL")
            _ = try await fixture.queue.epoch()
            await #expect(throws: QueueUnavailable.self) { try await fixture.queue.admit(job, AdmissionTerms()) }
            #expect(try await fixture.queue.tick().waiting == 0)
        }
    }

    @Test func theExpectedStartIsWhatDrainingShows() async throws {
        try await Fixture.timed(.limited(LimitGroup(name: "g", requestsPerMinute: 600))) { fixture, time in
            // Two tenants share; one of them asks for one job more behind some fifty.
            try await fixture.enqueue(fixture.jobs(200, "busy") + fixture.jobs(110, "mine"))
            try await drain(fixture, &time, seconds: 12) { _ in false }
            var last = fixture.job("mine")
            last.deadline = last.deadline.adding(.seconds(60))
            let admission = try await fixture.queue.admit(last, AdmissionTerms())
            guard case .accepted(.some(let promised)) = admission else { Issue.record("\(admission)"); return }
            #expect(try await fixture.queue.explain(last.id)?.expectedStart == promised)
            let asked = time.now
            var isTaken = false
            try await drain(fixture, &time, seconds: 20) { job in
                isTaken = job.id == last.id
                return isTaken
            }
            #expect(isTaken)
            let waited = time.now.since(asked)
            #expect(promised > waited * 0.8 && promised < waited * 1.2, "promised \(promised), waited \(waited)")
        }
    }

    @Test func aSlowPoolIsNotThoughtToStandBetweenItsCalls() async throws {
        try await Fixture.timed(.test(targets: [.test("t1", cap: 1)])) { fixture, time in
            try await fixture.enqueue(fixture.jobs(20))
            for _ in 0..<4 {
                let taken = try await fixture.takeOne()
                try await tick(16, fixture, &time)
                _ = try await fixture.queue.settle(taken.lease, .asEstimated)
            }
            // Sixteen wait before it, for eight seconds each.
            let admission = try await fixture.queue.admit(fixture.job(), AdmissionTerms())
            guard case .accepted(.some(let start)) = admission else { Issue.record("\(admission)"); return }
            #expect(start > .seconds(110) && start < .seconds(150), "\(start)")
        }
    }

    @Test(arguments: [true, false])
    func aPoolThatStandsRefusesNoDeadline(_ isPaused: Bool) async throws {
        try await Fixture.timed(.test(targets: [.test("t1", cap: 1)])) { fixture, time in
            try await fixture.enqueue(fixture.jobs(50))
            for _ in 0..<20 {
                _ = try await fixture.serve(1)
                try await tick(1, fixture, &time)
            }
            let before = try await fixture.queue.admit(fixture.job(), AdmissionTerms(onlyAsk: true))
            // Nobody asks, or nobody may.
            if isPaused { try await fixture.queue.setControls(PoolControls(isPaused: true)) }
            try await tick(40, fixture, &time)
            if isPaused { try await fixture.queue.setControls(PoolControls()) }
            let after = try await fixture.queue.admit(fixture.job(), AdmissionTerms(onlyAsk: true))
            guard case (.accepted(.some(let first)), .accepted(.some(let second))) = (before, after) else {
                Issue.record("\(before), \(after)")
                return
            }
            #expect(first > .seconds(10) && first < .seconds(20), "\(first)")
            #expect(second > .seconds(10) && second < .seconds(20), "\(second)")
        }
    }

    /// Half seconds in which only the scheduler does something.
    private func tick(_ count: Int, _ fixture: Fixture, _ time: inout VirtualTime) async throws {
        for _ in 0..<count {
            try await time.advance(.milliseconds(500))
            _ = try await fixture.queue.tick()
        }
    }

    private func drain(
        _ fixture: Fixture,
        _ time: inout VirtualTime,
        seconds: Int,
        _ isDone: (Job) -> Bool
    ) async throws {
        for step in 0..<(seconds * 10) {
            for taken in try await fixture.queue.take(5, for: fixture.worker).jobs {
                _ = try await fixture.queue.settle(taken.lease, .asEstimated)
                if isDone(taken.job) { return }
            }
            if step % 5 == 0 { _ = try await fixture.queue.tick() }
            try await time.advance(.milliseconds(100))
        }
    }
}
