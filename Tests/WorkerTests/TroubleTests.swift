import Penstock
import TestTwins
import Testing

@testable import InferenceWorker

@Suite(.timeLimit(.minutes(1)))
struct TroubleTests {
    @Test func aLostLeaseAbortsTheCallAndDecidesNothing() async throws {
        let scene = Scene(lease: .milliseconds(150)) { number, _ in
            number == 1 ? await ScriptedCaller.untilAborted() : .answer()
        }
        try await scene.run {
            try await scene.queue.enqueue([scene.job("job_1")])
            await scene.journal.wait(for: "call 1")
            scene.queue.abandon(JobID("job_1"))
            let orphan = try #require(try await scene.queue.orphans(limit: 1).first)
            try await scene.queue.requeue(orphan)
            // The same worker takes it again while its first call is being aborted.
            await scene.journal.wait(for: "retry refused")
            await scene.journal.wait(for: "settle job_1")
        }
        #expect(scene.row("job_1")?.state == .succeeded)
        #expect(scene.journal.count("decide") == 1)
        #expect(scene.attempts("job_1").count == 2)
        // It may have been billed: unknown is not zero.
        let aborted = try #require(scene.attempts("job_1").first { $0.outcome != .succeeded })
        #expect(aborted.cost == nil && aborted.usage == nil)
    }

    @Test func aCancelledJobsCallIsAborted() async throws {
        let scene = Scene(lease: .milliseconds(150)) { _, _ in await ScriptedCaller.untilAborted() }
        let job = scene.job("job_1")
        try await scene.run {
            try await scene.queue.enqueue([job])
            await scene.journal.wait(for: "call 1")
            let row = TerminalRow(of: job, state: .cancelled, finishedAt: scene.clock.now, attempts: 0)
            _ = try await scene.ledger.decide([row])
            try await scene.queue.cancel(job.id)
            await scene.journal.wait(for: "retry job_1")
        }
        #expect(scene.row("job_1")?.state == .cancelled)
        #expect(scene.queue.item(job.id) == nil)
        #expect(scene.attempts("job_1").count == 1)
    }

    @Test func anAnswerOutlivesAnOutageOfTheLedger() async throws {
        let scene = Scene { _, _ in .answer() }
        try await scene.run {
            scene.ledger.edit { $0.failure = LedgerUnavailable("down") }
            try await scene.queue.enqueue([scene.job("job_1")])
            await scene.journal.wait(for: "try to record", count: 3)
            #expect(scene.journal.count("settle") == 0)
            scene.ledger.edit { $0.failure = nil }
            await scene.journal.wait(for: "settle job_1")
        }
        #expect(scene.caller.calls.count == 1)
        #expect(scene.row("job_1")?.state == .succeeded)
    }

    @Test func aLedgerThatStaysAwayHoldsUpNobody() async throws {
        let scene = Scene(callsInFlight: 1, spoolAfter: .milliseconds(100)) { _, _ in .answer() }
        try await scene.run {
            scene.ledger.edit { $0.failure = LedgerUnavailable("down") }
            try await scene.queue.enqueue((1...3).map { scene.job("job_\($0)") })
            await scene.journal.wait(for: "settle", count: 3)
        }
        #expect(scene.caller.calls.count == 3)
        let spool = scene.queue.edit { $0.spool }
        #expect(spool.map(\.completion.terminal?.state) == [.succeeded, .succeeded, .succeeded])
        #expect(spool.allSatisfy { $0.completion.attempt?.cost != nil })
        #expect(scene.exposes(#"penstock_outcomes_spooled_total{answer="kept",pool="small"} 3"#))
        // An outage is told once, not with every job and try.
        #expect((1...4).contains(scene.log.lines.count { $0.hasPrefix("error a step failed") }))
    }

    @Test(arguments: [true, false])
    func whatNeedsTheLedgerFirstKeepsNoPlace(isOrphan: Bool) async throws {
        let scene = Scene(callsInFlight: 1, spoolAfter: .milliseconds(50)) { _, _ in .answer() }
        let kept = scene.job("job_1", body: isOrphan ? .inline(Array("{}".utf8)) : .inLedger)
        try await scene.ledger.accept(kept, body: Array("{}".utf8), pool: PoolName("small"))
        try await scene.run {
            scene.ledger.edit { $0.failure = LedgerUnavailable("down") }
            try await scene.queue.enqueue([kept])
            if isOrphan { scene.queue.edit { $0.items[0].deaths = 1 } }
            await scene.journal.wait(for: "retry job_1")
            #expect(scene.queue.item(kept.id)?.place == .delayed)
            try await scene.queue.enqueue([scene.job("job_2")])
            await scene.journal.wait(for: "settle job_2")
            #expect(scene.caller.calls.count == 1, "nobody knows whether the other one has ended")
            scene.ledger.edit { $0.failure = nil }
            _ = try await scene.queue.tick()
            await scene.journal.wait(for: "settle job_1")
        }
        #expect(scene.row("job_1")?.state == .succeeded)
    }

    @Test func aFullSpoolIsWaitedFor() async throws {
        let scene = Scene(callsInFlight: 2, spoolAfter: .milliseconds(50)) { _, _ in .answer() }
        try await scene.run {
            scene.ledger.edit { $0.failure = LedgerUnavailable("down") }
            scene.queue.edit { $0.spoolLimit = 1 }
            try await scene.queue.enqueue((1...2).map { scene.job("job_\($0)") })
            await scene.journal.wait(for: "spool full", count: 2)
            #expect(scene.journal.count("settle") == 1)
            scene.ledger.edit { $0.failure = nil }
            await scene.journal.wait(for: "settle", count: 2)
        }
        #expect(scene.ledger.edit { $0.rows.count } == 1 && scene.queue.edit { $0.spool.count } == 1)
    }

    @Test func aFailedCallIsKeptAndItsJobGoesOn() async throws {
        let scene = Scene(spoolAfter: .milliseconds(50)) { number, _ in
            number == 1 ? .refusal(.providerOverloaded, status: 503) : .answer()
        }
        try await scene.run {
            scene.ledger.edit { $0.failure = LedgerUnavailable("down") }
            try await scene.queue.enqueue([scene.job("job_1")])
            await scene.journal.wait(for: "retry job_1")
            _ = try await scene.queue.tick()
            await scene.journal.wait(for: "settle job_1")
        }
        let spool = scene.queue.edit { $0.spool }
        #expect(spool.map { $0.completion.terminal != nil } == [false, true])
    }

    @Test func whatALostReplyGaveIsAskedForAgain() async throws {
        let scene = Scene { _, _ in .answer() }
        scene.queue.edit { $0.takeFailures = [QueueUnavailable("lost")] }
        try await scene.queue.enqueue((1...3).map { scene.job("job_\($0)") })
        try await scene.run { await scene.journal.wait(for: "settle", count: 3) }
        #expect(scene.journal.count("held after") == 2, "until nothing more is found")
        #expect(scene.caller.calls.count == 3)
    }

    @Test func anAnswerOutlivesAnOutageOfTheQueue() async throws {
        let scene = Scene { _, _ in .answer() }
        try await scene.run {
            try await scene.queue.enqueue([scene.job("job_1")])
            await scene.journal.wait(for: "call 1")
            scene.queue.edit { $0.failure = QueueUnavailable("down") }
            await scene.journal.wait(for: "decide job_1")
            scene.queue.edit { $0.failure = nil }
            await scene.journal.wait(for: "settle job_1")
        }
        #expect(scene.caller.calls.count == 1)
    }

    @Test func noCallBeginsUnderAnOldLease() async throws {
        let scene = Scene(lease: .milliseconds(600)) { _, _ in .answer() }
        scene.queue.edit { state in
            state.takeDelays = [.milliseconds(500)]
            // A heartbeat would make the lease fresh.
            state.renewalFailure = QueueUnavailable("down")
        }
        try await scene.queue.enqueue([scene.job("job_1")])
        try await scene.run {
            await scene.journal.wait(for: "retry job_1")
            #expect(scene.journal.entries.first { $0.hasPrefix("retry") || $0.hasPrefix("call") } == "retry job_1")
            #expect(scene.settlement("job_1")?.mayHaveBeenSent == false)
            await scene.journal.wait(for: "settle job_1")
        }
        #expect(scene.row("job_1")?.attempts == 1)
    }

    @Test func leasesAreRenewedWhileACallRuns() async throws {
        let scene = Scene(lease: .milliseconds(60)) { _, _ in
            try? await Task.sleep(for: .milliseconds(300))
            return .answer()
        }
        try await scene.run {
            try await scene.queue.enqueue([scene.job("job_1")])
            await scene.journal.wait(for: "settle job_1")
        }
        let entries = scene.journal.entries
        let call = try #require(entries.firstIndex(of: "call 1"))
        let settled = try #require(entries.firstIndex(of: "settle job_1"))
        #expect(entries[call..<settled].filter { $0 == "renew" }.count >= 2)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct DrainTests {
    @Test func aStoppingWorkerLetsItsCallsFinish() async throws {
        let release = Journal()
        let scene = Scene { _, _ in
            await release.wait(for: "answer")
            return .answer()
        }
        try await scene.queue.enqueue([scene.job("job_1")])
        try await scene.run {
            await scene.journal.wait(for: "call 1")
            // Answers once the shutdown has begun, or a little before: both must end well.
            Task { release.note("answer") }
        }
        #expect(scene.row("job_1")?.state == .succeeded)
        #expect(scene.order(of: "settle", "retry") == ["settle job_1"])
    }

    @Test func whatIsNotDoneInTimeIsHandedBack() async throws {
        let scene = Scene(drain: .milliseconds(100)) { _, _ in await ScriptedCaller.untilAborted() }
        try await scene.queue.enqueue((1...3).map { scene.job("job_\($0)") })
        try await scene.run { await scene.journal.wait(for: "call", count: 3) }
        for number in 1...3 {
            let item = try #require(scene.queue.item(JobID("job_\(number)")))
            #expect(item.place == .waiting && item.attempts == 0)
            #expect(scene.row("job_\(number)") == nil)
            #expect(scene.attempts("job_\(number)").map(\.cost) == [nil])
        }
        #expect(scene.caller.calls.count == 3)
    }

    @Test func aCancelledWorkerHandsBackAtOnce() async throws {
        let scene = Scene(drain: .seconds(3600)) { _, _ in await ScriptedCaller.untilAborted() }
        try await scene.queue.enqueue([scene.job("job_1")])
        try await scene.runUntilCancelled { await scene.journal.wait(for: "call 1") }
        #expect(scene.queue.item(JobID("job_1"))?.place == .waiting)
        #expect(scene.row("job_1") == nil)
    }

    @Test func nothingIsTakenAfterTheStop() async throws {
        let scene = Scene { _, _ in .answer() }
        try await scene.run {}
        try await scene.queue.enqueue([scene.job("job_1")])
        #expect(scene.queue.item(JobID("job_1"))?.place == .waiting)
        #expect(scene.caller.calls.isEmpty)
    }

    @Test func aLedgerThatStaysDownDoesNotKeepTheProcess() async throws {
        let scene = Scene(drain: .milliseconds(50)) { _, _ in .answer() }
        try await scene.queue.enqueue([scene.job("job_1")])
        scene.ledger.edit { $0.failure = LedgerUnavailable("down") }
        try await scene.run { await scene.journal.wait(for: "try to record") }
        // Its lease runs out, and it comes again: no outcome was made up.
        #expect(scene.journal.count("settle") == 0)
        #expect(scene.queue.item(JobID("job_1"))?.place != .waiting)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct CallSlotTests {
    @Test func placesAreTakenAndGivenBack() async {
        let slots = CallSlots(3)
        #expect(await slots.take(atMost: 2) == 2)
        #expect(await slots.take(atMost: 2) == 1)
        #expect(slots.inUse == 3)
        async let next = slots.take(atMost: 5)
        slots.release(2)
        #expect(await next == 2)
    }

    @Test func aCancelledWaiterTakesNothing() async {
        let slots = CallSlots(1)
        _ = await slots.take(atMost: 1)
        let waiter = Task { await slots.take(atMost: 1) }
        waiter.cancel()
        #expect(await waiter.value == 0)
        slots.release(1)
        #expect(await slots.take(atMost: 1) == 1)
    }

    @Test func leasesKnowWhetherTheyAreFresh() {
        let leases = HeldLeases()
        let lease = Lease(pool: PoolName("p"), key: "1-1", token: AttemptID("t"))
        let start = ContinuousClock.now
        leases.add(lease, at: start)
        #expect(leases.isFresh(lease, within: .seconds(7), at: start + .seconds(6)))
        #expect(!leases.isFresh(lease, within: .seconds(7), at: start + .seconds(7)))
        leases.renewed([lease], at: start + .seconds(5))
        #expect(leases.isFresh(lease, within: .seconds(7), at: start + .seconds(7)))
        leases.lose(lease)
        #expect(!leases.isFresh(lease, within: .seconds(7), at: start))
        #expect(!leases.setAbort(lease) {})
        #expect(leases.all.isEmpty)
    }

    @Test func afterTheDrainNoCallBegins() {
        let leases = HeldLeases()
        let lease = Lease(pool: PoolName("p"), key: "1-1", token: AttemptID("t"))
        leases.add(lease, at: .now)
        leases.abortAll()
        #expect(!leases.setAbort(lease) {})
        #expect(leases.all == [lease])
    }
}
