import Penstock
import TestTwins
import Testing

@testable import InferenceWorker

@Suite(.timeLimit(.minutes(1)))
struct OutcomeTests {
    @Test func aSuccessIsRecordedBeforeItIsSettled() async throws {
        let scene = Scene { _, _ in .answer(Usage(input: 1000, output: 500)) }
        try await scene.run {
            var job = scene.job("job_1")
            job.headers = ProviderHeaders(["openai-beta": "b=1"])
            try await scene.queue.enqueue([job])
            await scene.journal.wait(for: "settle job_1")
        }
        #expect(
            scene.order(of: "call", "record", "decide", "settle", "retry")
                == ["call 1", "record succeeded", "decide job_1 succeeded", "settle job_1"]
        )
        let row = try #require(scene.row("job_1"))
        #expect(row.response?.body == Array(#"{"ok":true}"#.utf8) && row.attempts == 1)
        let attempt = try #require(scene.attempts("job_1").first)
        #expect(attempt.cost == Nanodollars(1_500_000) && attempt.priceVersion == "v1" && attempt.target == "t1")
        #expect(scene.settlement("job_1")?.usage == Usage(input: 1000, output: 500))
        #expect(scene.settlement("job_1")?.chargesTenant == true)
        let call = try #require(scene.caller.calls.first)
        #expect(call.body == Array(#"{"model":"gpt-small"}"#.utf8) && call.endpoint == .chatCompletions)
        #expect(call.timeout == .seconds(30) && call.headers.values == ["openai-beta": "b=1"])
    }

    @Test func aFailureIsTriedAgain() async throws {
        let scene = Scene { number, _ in
            number == 1 ? .refusal(.providerServerError, status: 500) : .answer()
        }
        try await scene.run {
            try await scene.queue.enqueue([scene.job("job_1")])
            await scene.journal.wait(for: "retry job_1")
            #expect(scene.row("job_1") == nil)
            #expect(scene.queue.item(JobID("job_1"))?.attempts == 1)
            _ = try await scene.queue.tick()
            await scene.journal.wait(for: "settle job_1")
        }
        #expect(scene.attempts("job_1").map(\.outcome) == [.failed(.providerServerError), .succeeded])
        #expect(scene.row("job_1")?.attempts == 2)
    }

    @Test func theLastFailureIsTheOutcome() async throws {
        let scene = Scene { _, _ in .refusal(.providerServerError, status: 500) }
        try await scene.run {
            try await scene.queue.enqueue([scene.job("job_1")])
            for count in 1...2 {
                await scene.journal.wait(for: "retry job_1", count: count)
                _ = try await scene.queue.tick()
            }
            await scene.journal.wait(for: "settle job_1")
        }
        #expect(scene.caller.calls.count == 3)
        let row = try #require(scene.row("job_1"))
        #expect(row.state == .failed && row.attempts == 3 && row.error?.errorClass == .providerServerError)
        #expect(row.response?.statusCode == 500)
    }

    @Test func aCallersMistakeIsNotRepeated() async throws {
        let scene = Scene { _, _ in .refusal(.callerInvalidRequest, status: 400) }
        try await scene.run {
            try await scene.queue.enqueue([scene.job("job_1")])
            await scene.journal.wait(for: "settle job_1")
        }
        #expect(scene.caller.calls.count == 1)
        #expect(scene.row("job_1")?.state == .failed)
    }

    @Test func aRateLimitBlocksTheTargetAndCostsNoAttempt() async throws {
        let scene = Scene { number, _ in
            number <= 5 ? .refusal(.providerRateLimited, status: 429, retryAfter: .seconds(7)) : .answer()
        }
        try await scene.run {
            try await scene.queue.enqueue([scene.job("job_1")])
            await scene.journal.wait(for: "retry job_1")
            #expect(scene.settlement("job_1")?.target == .limited(for: .seconds(7)))
            await scene.journal.wait(for: "settle job_1")
        }
        #expect(scene.row("job_1")?.state == .succeeded)
        #expect(scene.row("job_1")?.attempts == 1)
        #expect(scene.attempts("job_1").count == 6)
        #expect(scene.exposes(#"penstock_provider_rate_limited_total{pool="small",target="t1"} 5"#))
    }

    @Test func anEmptyAccountFailsNoJobAndRaisesAnAlarm() async throws {
        let scene = Scene { number, _ in
            number <= 3 ? .refusal(.providerQuotaExhausted, status: 429) : .answer()
        }
        try await scene.run {
            try await scene.queue.enqueue([scene.job("job_1")])
            await scene.journal.wait(for: "retry job_1")
            #expect(scene.settlement("job_1")?.target == .exhausted)
            await scene.journal.wait(for: "settle job_1")
        }
        #expect(scene.row("job_1")?.state == .succeeded && scene.row("job_1")?.attempts == 1)
        #expect(scene.exposes(#"penstock_target_quota_exhausted_total{pool="small",target="t1"} 3"#))
        #expect(scene.log.text.contains("error the target's account has nothing left"))
    }

    @Test func whatACallToldReachesTheQueueAndTheMetrics() async throws {
        let signals = RateSignals(tokens: .init(limit: 100, remaining: 5, reset: .seconds(57)))
        let scene = Scene { _, _ in
            .answer(signals: signals, firstByte: .milliseconds(1500), serviceTime: .seconds(2))
        }
        try await scene.run {
            try await scene.queue.enqueue([scene.job("job_1")])
            await scene.journal.wait(for: "settle job_1")
        }
        let settlement = try #require(scene.settlement("job_1"))
        #expect(settlement.signals == signals && settlement.target == .answered)
        #expect(settlement.firstByte == .milliseconds(1500) && settlement.serviceTime == .seconds(2))
        let labels = #"{pool="small",provider="openai",target="t1"}"#
        #expect(scene.exposes("penstock_provider_operation_duration_seconds_sum\(labels) 2"))
        #expect(scene.exposes("penstock_provider_operation_time_to_first_byte_seconds_sum\(labels) 1.5"))
    }

    @Test(arguments: [true, false])
    func theLedgerIsAskedForAJobThatWasHeldBefore(isDecided: Bool) async throws {
        let scene = Scene { _, _ in .answer() }
        let job = scene.job("job_1")
        if isDecided {
            let row = TerminalRow(of: job, state: .cancelled, finishedAt: scene.clock.now, attempts: 0)
            _ = try await scene.ledger.decide([row])
        }
        try await scene.queue.enqueue([job])
        scene.queue.edit { $0.items[0].deaths = 1 }
        try await scene.run { await scene.journal.wait(for: "settle job_1") }
        #expect(scene.caller.calls.count == (isDecided ? 0 : 1))
        #expect(scene.row("job_1")?.state == (isDecided ? .cancelled : .succeeded))
    }

    @Test(arguments: [true, false])
    func theLedgerIsAskedForAJobFromBeforeTheConnection(isOlder: Bool) async throws {
        let scene = Scene { _, _ in .answer() }
        let job = scene.job("job_1")
        _ = try await scene.ledger.decide([
            TerminalRow(of: job, state: .succeeded, finishedAt: scene.clock.now, attempts: 1)
        ])
        scene.clock.advance(by: .seconds(60))
        scene.queue.edit { $0.connectedFor = .seconds(isOlder ? 30 : 90) }
        try await scene.queue.enqueue([job])
        try await scene.run { await scene.journal.wait(for: "settle job_1") }
        #expect(scene.caller.calls.count == (isOlder ? 0 : 1))
    }

    @Test(arguments: [1, 2, 3])
    func aJobThatTwoWorkersDiedOfIsCalledApart(deaths: Int) async throws {
        let scene = Scene { _, _ in .answer() }
        try await scene.queue.enqueue([scene.job("job_1")])
        scene.queue.edit { $0.items[0].deaths = deaths }
        try await scene.run { await scene.journal.wait(for: "settle job_1") }
        #expect(scene.caller.calls.count == (deaths < 2 ? 1 : 0))
        #expect(scene.isolatedCaller.calls.count == (deaths < 2 ? 0 : 1))
        #expect(scene.row("job_1")?.state == .succeeded)
    }

    @Test func aDeathWhileAloneQuarantines() async throws {
        let poison = CallFailure(error: JobError(.penstockPoison, "signal 11"), mayHaveBeenSent: true)
        let scene = Scene(isolated: { _, _ in CallReport(.failed(poison)) }) { _, _ in .answer() }
        try await scene.queue.enqueue([scene.job("job_1")])
        scene.queue.edit { $0.items[0].deaths = 2 }
        try await scene.run { await scene.journal.wait(for: "settle job_1") }
        let row = try #require(scene.row("job_1"))
        #expect(row.state == .failed && row.error == JobError(.penstockPoison, "signal 11"))
        let attempt = try #require(scene.attempts("job_1").first)
        #expect(attempt.cost == nil, "the provider may have billed it")
        #expect(try await scene.ledger.quarantinedRequest(of: JobID("job_1"))?.body == Samples.body)
        #expect(scene.exposes(#"penstock_jobs_poisoned_total{pool="small"} 1"#))
    }

    @Test func suspectsAreCalledAFewAtATime() async throws {
        let scene = Scene(
            callsInFlight: 16,
            isolated: { _, _ in
                try? await Task.sleep(for: .milliseconds(5))
                return .answer()
            }
        ) { _, _ in .answer() }
        try await scene.queue.enqueue((0..<16).map { scene.job("job_\($0)") })
        scene.queue.edit { state in
            for index in state.items.indices { state.items[index].deaths = 5 }
        }
        try await scene.run { await scene.journal.wait(for: "settle", count: 16) }
        #expect(scene.isolatedCaller.mostRunning == 4 && scene.isolatedCaller.calls.count == 16)
        #expect(scene.isolatedCaller.groups.allSatisfy { $0 == 1 })
    }

    @Test(arguments: [(2, 64), (3, 16), (4, 4), (5, 1), (9, 1)])
    func suspectsShareAProcessWithFewerTheMoreWorkersDied(deaths: Int, group: Int) async throws {
        let scene = Scene { _, _ in .answer() }
        try await scene.queue.enqueue([scene.job("job_1")])
        scene.queue.edit { $0.items[0].deaths = deaths }
        try await scene.run { await scene.journal.wait(for: "settle job_1") }
        #expect(scene.isolatedCaller.groups == [group])
    }

    @Test func aDeathWithOthersIsOneDeathMore() async throws {
        let scene = Scene { _, _ in .answer() }
        scene.isolatedCaller.die(1)
        try await scene.queue.enqueue([scene.job("job_1")])
        scene.queue.edit { $0.items[0].deaths = 2 }
        try await scene.run {
            while !scene.exposes(#"penstock_isolated_group_deaths_total{pool="small"} 1"#) {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        // Its lease runs out as that of a dead worker does: nothing is recorded, settled or handed back.
        #expect(scene.row("job_1") == nil && scene.attempts("job_1").isEmpty)
        let isHeld = scene.queue.edit { if case .waiting = $0.items[0].place { false } else { true } }
        #expect(isHeld)
    }

    @Test func aLargeBodyComesFromTheLedger() async throws {
        let scene = Scene { _, _ in .answer() }
        let body = Array(#"{"model":"gpt-small","long":true}"#.utf8)
        let kept = scene.job("job_kept", body: .inLedger)
        try await scene.ledger.accept(kept, body: body, pool: PoolName("small"))
        try await scene.run {
            try await scene.queue.enqueue([kept, scene.job("job_gone", body: .inLedger)])
            await scene.journal.wait(for: "settle job_kept")
            await scene.journal.wait(for: "settle job_gone")
        }
        #expect(scene.caller.calls.map(\.body) == [body])
    }

    @Test func anotherOutcomeThatCameFirstIsFollowed() async throws {
        let scene = Scene { _, _ in .answer() }
        let job = scene.job("job_1")
        _ = try await scene.ledger.decide([
            TerminalRow(of: job, state: .expired, finishedAt: scene.clock.now, attempts: 0)
        ])
        try await scene.run {
            try await scene.queue.enqueue([job])
            await scene.journal.wait(for: "settle job_1")
        }
        #expect(scene.row("job_1")?.state == .expired)
        #expect(scene.attempts("job_1").map(\.outcome) == [.succeeded])
    }

    @Test func noMoreCallsRunAtOnceThanAllowed() async throws {
        let scene = Scene(callsInFlight: 4) { _, _ in
            try? await Task.sleep(for: .milliseconds(5))
            return .answer()
        }
        try await scene.run {
            try await scene.queue.enqueue((0..<60).map { scene.job("job_\($0)") })
            await scene.journal.wait(for: "settle", count: 60)
        }
        #expect(scene.caller.mostRunning == 4)
        #expect(scene.caller.calls.count == 60)
    }
}
