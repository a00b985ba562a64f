import Penstock
import TestTwins
import Testing

@testable import Intake

struct ExperienceDirectoryTests {
    private let queue = InMemoryQueue(PoolName("p"))
    private let log = CapturedLog()
    private let request = InspectedRequest(
        model: "m",
        estimate: TokenEstimate(input: 100, output: 512, isOutputGuessed: true)
    )

    private func output(_ directory: ExperienceDirectory) async -> Int {
        await directory.correction(for: queue).corrected(request.estimate, model: request.model).output
    }

    private func learn(outputP90: Int) {
        let model = PoolExperience.Model(samples: 50, inputRatio: 2, inputError: 0, outputP90: outputP90)
        queue.edit { $0.experience = PoolExperience(models: ["m": model]) }
    }

    @Test func isAskedForOnceInALifetime() async {
        let directory = ExperienceDirectory(lifetime: .seconds(60), logger: log.logger)
        learn(outputP90: 7)
        for _ in 0..<5 {
            #expect(await output(directory) == 7)
        }
        #expect(queue.edit { $0.experienceLooks } == 1)
    }

    @Test func newsReplaceWhatWasKnown() async {
        let directory = ExperienceDirectory(lifetime: .zero, logger: log.logger)
        for learned in [7, 8] {
            learn(outputP90: learned)
            #expect(await output(directory) == learned)
        }
    }

    @Test func withoutNewsWhatIsKnownHolds() async {
        let directory = ExperienceDirectory(lifetime: .zero, logger: log.logger)
        queue.edit { $0.experienceFailure = QueueUnavailable("away") }
        #expect(await output(directory) == 512)
        #expect(log.text.contains("warning estimates are not corrected by news"))
        queue.edit { $0.experienceFailure = nil }
        learn(outputP90: 7)
        #expect(await output(directory) == 7)
        queue.edit { $0.experienceFailure = QueueUnavailable("away") }
        #expect(await output(directory) == 7)
    }
}
