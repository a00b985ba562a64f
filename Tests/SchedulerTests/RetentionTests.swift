import Penstock
import TestTwins
import Testing

@testable import Scheduler

/// What is older than its tenant keeps it goes, nothing younger does.
@Suite(.timeLimit(.minutes(1)))
struct RetentionTests {
    private let scene = Scene()
    private let acme = TenantID(trusted: "acme")

    private func sweep() async throws {
        try await Retention(
            dependencies: scene.dependencies,
            standard: scene.configuration.retention,
            logger: .quiet
        ).sweep()
    }

    private func keep(_ days: Int?) async throws {
        try await scene.ledger.put(
            TenantRecord(id: acme, policy: TenantPolicy(), retentionDays: days, createdAt: Scene.start)
        )
    }

    /// A batch that ended at once, with one row.
    private func endedBatch() async throws -> BatchRecord {
        var batch = BatchRecord(
            id: IDGenerator.batch(at: Scene.start),
            tenant: acme,
            endpoint: .chatCompletions,
            inputFile: FileID("file-in"),
            completionWindow: "1h",
            createdAt: Scene.start,
            expiresAt: Scene.start.adding(.seconds(3600)),
            jobClass: .batch,
            tags: JobTags(),
            metadata: nil
        )
        batch.state = .completed
        batch.completedAt = Scene.start
        let view = FileRecord(.output, of: batch, bytes: 1, createdAt: Scene.start, expiresAt: nil)
        batch.outputFile = view.id
        try await scene.ledger.insert(view)
        try await scene.ledger.insert(batch)
        return batch
    }

    @Test(arguments: [(nil as Int?, 30), (7, 7), (90, 90)])
    func aBatchGoesWithItsTime(_ own: Int?, _ days: Int) async throws {
        try await keep(own)
        let batch = try await endedBatch()
        let output = try #require(batch.outputFile)
        scene.clock.advance(by: .seconds(days * 86_400))
        try await sweep()
        #expect(try await scene.ledger.batch(batch.id) != nil)
        scene.clock.advance(by: .seconds(1))
        try await sweep()
        #expect(try await scene.ledger.batch(batch.id) == nil)
        #expect(try await scene.ledger.file(output) == nil)
    }

    @Test func theInputOfABatchThatGoesOnIsKept() async throws {
        try await keep(1)
        try await scene.submit(Scene.lines(3))
        scene.clock.advance(by: .seconds(10 * 86_400))
        try await sweep()
        #expect(try await scene.ledger.file(FileID("file-in")) != nil)
        #expect(try await scene.ledger.batch(Scene.batch) != nil)
    }
}
