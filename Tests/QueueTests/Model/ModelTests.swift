import Penstock
import Testing

@testable import Queue

/// The Lua library against the reference model, step by step.
@Suite(.timeLimit(.minutes(2)))
struct ModelTests {
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func theQueueDoesWhatTheModelDoes(seed: UInt64) async throws {
        try await Fixture.run(ModelWalk.pool) { fixture in
            var walk = try await ModelWalk(fixture, seed: seed)
            for step in 0..<400 {
                let (name, problems) = try await walk.step()
                guard problems.isEmpty else {
                    Issue.record("seed \(seed), step \(step), \(name): \(problems.joined(separator: "\n"))")
                    return
                }
            }
            // A walk in which nothing happens shows nothing.
            #expect(walk.done["take"] ?? 0 >= 10, "\(walk.done)")
        }
    }
}
