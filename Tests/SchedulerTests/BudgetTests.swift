import Penstock
import TestTwins
import Testing

@testable import Scheduler

/// Batches whose cost is bounded.
@Suite(.timeLimit(.minutes(1)))
struct BudgetTests {
    /// A dollar per million tokens of either kind: a token is a thousand nanodollars.
    private static let price = TokenPrice(input: Picodollars(1_000_000), output: Picodollars(1_000_000))
    private static let output = 100

    private func scene() -> Scene {
        var scene = Scene()
        scene.topology.pools = ["small", "large"].map { Samples.pool($0, target: Samples.target(price: Self.price)) }
        return scene
    }

    private func lines(_ count: Int) -> [String] {
        (1...count).map { number in
            #"{"custom_id":"c-\#(number)","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-small","#
                + #""max_tokens":\#(Self.output),"messages":[{"role":"user","content":"hi"}]}}"#
        }
    }

    /// The most that one of `lines` can cost.
    private func mostPerLine(_ scene: Scene) throws -> Int64 {
        let bytes = Array(lines(1)[0].utf8)
        let estimate = try BatchLineInspector.inspect(bytes, endpoint: .chatCompletions).request.estimate
        let bound = try #require(CostBound(scene.topology.pools[0]))
        return bound.cost(of: estimate).value
    }

    /// A worker whose calls cost so much; nil is unknown.
    private func work(_ scene: Scene, cost: Int64?) -> Task<Void, any Error> {
        Task {
            while true {
                for taken in try await scene.small.take(3, for: ConsumerName("w")).jobs {
                    let attempt = attempt(of: taken, cost: cost.map { Nanodollars($0) }, at: scene.clock.now)
                    let row = TerminalRow(of: taken.job, state: .succeeded, finishedAt: scene.clock.now, attempts: 1)
                    _ = try await scene.ledger.record(Completion(attempt: attempt, terminal: row))
                    let settlement = Settlement(usage: nil, mayHaveBeenSent: true, chargesTenant: true)
                    _ = try await scene.small.settle(taken.lease, settlement)
                }
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }

    private func attempt(of taken: TakenJob, cost: Nanodollars?, at now: Timestamp) -> AttemptRow {
        AttemptRow(
            id: taken.lease.token,
            job: taken.job.id,
            batch: taken.job.line?.batch,
            tenant: taken.job.tenant,
            tags: taken.job.tags,
            pool: taken.lease.pool,
            target: taken.target,
            provider: "openai",
            model: taken.job.model,
            startedAt: now,
            durationMilliseconds: 1,
            outcome: .succeeded,
            statusCode: 200,
            usage: nil,
            cost: cost,
            priceVersion: "p"
        )
    }

    @Test func noMoreIsSpentThanAllowedAndTheRestEnds() async throws {
        let scene = scene()
        let most = try mostPerLine(scene)
        try await scene.submit(lines(30), maxCost: Nanodollars(most * 10 + most / 2))
        let working = work(scene, cost: most)
        let batch = try await scene.drive(answering: false)
        working.cancel()
        #expect(batch.state == .completed && batch.maxCostReachedAt != nil)
        #expect(batch.summary?.counts == BatchCounts(succeeded: 10, cancelled: 20))
        #expect(batch.summary?.cost == Nanodollars(most * 10))
        let rows = try await scene.ledger.rows(of: Scene.batch, .errors, afterLine: 0, limit: 100)
        #expect(rows.map { $0.line?.number } == Array(11...30))
        #expect(rows.allSatisfy { $0.error?.errorClass == .penstockMaxCostReached })
        let line = String(decoding: try #require(rows[0].result).outputLine(), as: UTF8.self)
        #expect(line.contains(#""code":"penstock_max_cost_reached""#))
        #expect(scene.small.edit { $0.fedLines } == Array(1...10))
    }

    @Test func whatLinesCostLessIsSpentOnOthers() async throws {
        let scene = scene()
        let most = try mostPerLine(scene)
        try await scene.submit(lines(30), maxCost: Nanodollars(most * 5))
        let working = work(scene, cost: most / 10)
        let batch = try await scene.drive(answering: false)
        working.cancel()
        // Never more than five at once, as each may turn out dear; together they cost less than three.
        #expect(batch.state == .completed && batch.maxCostReachedAt == nil)
        #expect(batch.summary?.counts == BatchCounts(succeeded: 30))
        #expect(scene.small.edit { $0.mostLive } <= 5)
    }

    @Test func aCallOfUnknownCostCountsAsTheDearest() async throws {
        let scene = scene()
        let most = try mostPerLine(scene)
        try await scene.submit(lines(10), maxCost: Nanodollars(most * 4))
        let working = work(scene, cost: nil)
        let batch = try await scene.drive(answering: false)
        working.cancel()
        #expect(batch.summary?.counts == BatchCounts(succeeded: 4, cancelled: 6))
    }

    @Test func anotherOwnerCountsWhatIsLiveAlready() async throws {
        let scene = scene()
        let most = try mostPerLine(scene)
        try await scene.submit(lines(30), maxCost: Nanodollars(most * 6))
        let first = Task { await scene.driver().drive(Scene.batch) }
        try await scene.until { scene.small.edit { $0.items.count == 6 } }
        first.cancel()
        await first.value
        scene.clock.advance(by: scene.configuration.ownership)
        let second = Task { await scene.driver("s2").drive(Scene.batch) }
        try await scene.until { try await scene.stored().owner == "s2" }
        let working = work(scene, cost: most)
        await second.value
        working.cancel()
        #expect(try await scene.stored().summary?.counts == BatchCounts(succeeded: 6, cancelled: 24))
    }

    @Test func withoutAPriceNothingIsPromised() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(2), maxCost: Nanodollars(1_000_000_000))
        let batch = try await scene.drive(answering: false)
        #expect(batch.state == .failed)
        #expect(batch.errors.map(\.code) == ["no_price", "no_price"])
    }

    @Test func aLineThatNoLimitGrantsIsRefused() async throws {
        var scene = Scene()
        scene.topology.pools[0].limitGroups = [LimitGroup(name: "g", tokensPerMinute: 300)]
        scene.topology.pools[0].targets[0].limitGroups = ["g"]
        try await scene.submit([Scene.line("a"), Scene.line("b", model: "gpt-large")])
        let batch = try await scene.drive(answering: false)
        #expect(batch.errors.map { "\($0.line ?? 0) \($0.code)" } == ["1 request_exceeds_rate_limit"])
    }
}
