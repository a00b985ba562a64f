import JSONFuzz
import Testing

/// Compares with Foundation's `JSONSerialization`. `Comparison.Explanation` lists the accepted differences and why.
struct DifferentialTests {
    @Test func casesAgreeOrAreExplained() throws {
        for (name, bytes) in try Seeds.cases() {
            if case .unexplained(let what) = Comparison.of(bytes) { Issue.record("\(name): \(what)") }
        }
    }

    @Test func bodiesAreAcceptedByBoth() {
        for body in Seeds.bodies { #expect(Comparison.of(body) == .accepted) }
    }

    @Test(.timeLimit(.minutes(1))) func mutatedInputsAgreeOrAreExplained() throws {
        let run = try FuzzRun(iterations: 5000, seed: 20_260_601)
        #expect(run.failures == [])
        #expect(run.accepted > 250)
        #expect(run.refused > 1000)
    }
}
