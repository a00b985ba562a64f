import Penstock
import TestTwins
import Testing

@testable import Scheduler

@Suite(.timeLimit(.minutes(1)))
struct FeedingTests {
    @Test func linesAreFedInWindowsAndEachOnce() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(150))
        let batch = try await scene.drive()

        #expect(batch.state == .completed)
        #expect(scene.small.edit { $0.fedLines } == Array(1...150))
        #expect(scene.small.edit { $0.mostLive } <= 20)
        #expect(scene.journal.count("second decision") == 0)
        #expect(try await scene.small.feedState(of: Scene.batch) == nil)
        let output = try #require(batch.outputFile)
        let file = try #require(try await scene.ledger.file(output))
        #expect(file.content == .rows(of: Scene.batch, .output) && file.purpose == .batchOutput && file.bytes > 0)
        #expect(batch.errorFile == nil)
    }

    @Test func linesAcrossChunkBordersStayWhole() async throws {
        let scene = Scene()
        // 40 lines of about 100 KB in chunks of 1 MiB, some lines empty, the last one without a line feed.
        let lines = (1...40).map { Scene.line("c-\($0)", padding: 100_000 + $0 * 37) }
        let text = lines.joined(separator: "\r\n\n")
        try await scene.submit(Array(text.utf8))

        let batch = try await scene.drive()

        #expect(batch.state == .completed && batch.summary?.counts.succeeded == 40)
        let rows = try await scene.ledger.rows(of: Scene.batch, .output, afterLine: 0, limit: 100)
        #expect(rows.map { $0.line?.customID } == (1...40).map { "c-\($0)" })
        #expect(rows.map { $0.line?.number } == (0..<40).map { $0 * 2 + 1 })
    }

    @Test func theBodyIsTheLinesOwn() async throws {
        let scene = Scene()
        let body = #"{ "model" : "gpt-small", "messages":[{"role":"user","content":"\u00e9 1.50"}], "seed":1.0 }"#
        try await scene.submit([
            #"{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":\#(body)}"#
        ])
        async let batch = scene.drive(answering: false)
        try await scene.until { scene.small.edit { !$0.items.isEmpty } }
        let job = try #require(try await scene.answer(scene.small, 1).first)
        #expect(job.body == .inline(Array(body.utf8)))
        #expect(job.id == JobID(batch: Scene.batch, line: 1) && job.jobClass == .batch)
        #expect(job.deadline == Scene.start.adding(.seconds(3600)) && job.tags.feature == "f")
        #expect(try await batch.state == .completed)
    }

    @Test func afterALostQueueOnlyUnfinishedLinesAreFedAgain() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(50))
        async let batch = scene.drive(answering: false)
        var answered: [Job] = []
        try await scene.until {
            answered += try await scene.answer(scene.small, 1)
            return answered.count == 30
        }

        scene.small.edit { $0.fedLines = [] }
        scene.small.wipe()
        let working = Task { await scene.work(scene.small) }

        #expect(try await batch.state == .completed)
        working.cancel()
        let done = Set(answered.compactMap(\.line?.number))
        let fedAgain = scene.small.edit { $0.fedLines }
        #expect(done.isDisjoint(with: fedAgain))
        #expect(Set(fedAgain) == Set(1...50).subtracting(done))
        #expect(try await scene.stored().summary?.counts.succeeded == 50)
    }

    @Test func aLineWhoseModelIsGoneFails() async throws {
        var scene = Scene()
        try await scene.submit(Scene.lines(3) + [Scene.line("l", model: "gpt-large")])
        try await scene.validated(total: 4, pools: [PoolName("small"): 3, PoolName("large"): 1])
        scene.topology.routes["gpt-large"] = nil

        let batch = try await scene.drive()

        #expect(batch.state == .completed)
        #expect(batch.summary?.counts == BatchCounts(succeeded: 3, failed: 1))
        let row = try #require(try await scene.ledger.rows(of: Scene.batch, .errors, afterLine: 0, limit: 9).first)
        #expect(row.line?.customID == "l" && row.error?.errorClass == .callerModelUnknown)
        #expect(batch.errorFile != nil)
    }

    @Test func aDeletedInputEndsTheBatch() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(5))
        try await scene.validated(total: 5, pools: [PoolName("small"): 5])
        _ = try await scene.ledger.delete(FileID("file-in"))
        let batch = try await scene.drive(answering: false)
        #expect(batch.state.isTerminal)
        #expect(batch.outputFile == nil)
    }

    @Test func anOutageOfTheLedgerIsWaitedOut() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(5))
        scene.ledger.edit { $0.failure = LedgerUnavailable("down") }
        await scene.driver().drive(Scene.batch)
        scene.ledger.edit { $0.failure = nil }
        #expect(try await scene.drive().state == .completed)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct OwnershipTests {
    @Test func twoDriversFinalizeOnce() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(60))
        let working = Task { await scene.work(scene.small) }
        await withDiscardingTaskGroup { group in
            for name in ["s1", "s2", "s1"] { group.addTask { await scene.driver(name).drive(Scene.batch) } }
        }
        working.cancel()
        // The second scheduler left at once; the batch is the first one's.
        let batch = try await scene.stored()
        #expect(batch.state == .completed && batch.summary?.counts.succeeded == 60)
        #expect(scene.journal.count("insert file file-ob1") == 1)
        #expect(scene.journal.count("second decision") == 0)
        #expect(scene.small.edit { $0.fedLines } == Array(1...60))
    }

    @Test func aSilentOwnersBatchIsTakenOver() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(5))
        var batch = try await scene.stored()
        batch.own(by: "dead", until: scene.clock.now.adding(.seconds(10)))
        _ = try await scene.ledger.replace(batch)
        #expect(try await scene.drive().state == .validating)
        scene.clock.advance(by: .seconds(10))
        #expect(try await scene.drive().state == .completed)
    }

    @Test func aWriteInBetweenIsNotOverwritten() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(5))
        scene.ledger.edit { $0.conflictsToCome = 3 }
        #expect(try await scene.drive().state == .completed)
    }

    @Test func theLoopFindsBatchesToDrive() async throws {
        let scene = Scene()
        try await scene.submit(Scene.lines(5))
        let loop = BatchLoop(driver: scene.driver(), dependencies: scene.dependencies)
        let running = Task { await loop.run() }
        let working = Task { await scene.work(scene.small) }
        try await scene.until { try await scene.stored().state == .completed }
        running.cancel()
        working.cancel()
        await running.value
    }
}
