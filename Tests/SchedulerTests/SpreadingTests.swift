import Penstock
import TestTwins
import Testing

@testable import Scheduler

@Suite(.timeLimit(.minutes(1)))
struct SpreadingTests {
    private let acme = TenantID(trusted: "acme")
    private let globex = TenantID(trusted: "globex")

    private func put(_ scene: Scene, _ tenant: TenantID, _ policy: TenantPolicy) async throws {
        try await scene.ledger.put(TenantRecord(id: tenant, policy: policy, createdAt: Scene.start))
    }

    @Test func policiesReachEveryPoolOnceAndWhenTheyChange() async throws {
        let scene = Scene()
        let spreader = ControlSpreader(scene.dependencies)
        try await put(scene, acme, TenantPolicy(weight: 3, maxRunning: 2))
        try await put(scene, globex, TenantPolicy())
        try await spreader.spreadPolicies()
        let both = [acme: TenantPolicy(weight: 3, maxRunning: 2), globex: TenantPolicy()]
        #expect(scene.small.edit { $0.policies } == both)
        #expect(scene.large.edit { $0.policies } == both)

        for queue in [scene.small, scene.large] { queue.edit { $0.policies = [:] } }
        try await spreader.spreadPolicies()
        #expect(scene.small.edit { $0.policies.isEmpty })
        try await put(scene, globex, TenantPolicy(isPaused: true))
        try await spreader.spreadPolicies()
        #expect(scene.small.edit { $0.policies } == [globex: TenantPolicy(isPaused: true)])
        #expect(scene.large.edit { $0.policies } == [globex: TenantPolicy(isPaused: true)])
    }

    @Test func anotherQueueOfAPoolIsToldEverything() async throws {
        let scene = Scene()
        let spreader = ControlSpreader(scene.dependencies)
        try await put(scene, acme, TenantPolicy(weight: 3))
        try await spreader.spreadPolicies()
        scene.small.wipe()
        for queue in [scene.small, scene.large] { queue.edit { $0.policies = [:] } }
        try await spreader.spreadPolicies()
        #expect(scene.small.edit { $0.policies } == [acme: TenantPolicy(weight: 3)])
        #expect(scene.large.edit { $0.policies.isEmpty })
    }

    @Test func aPoolThatDoesNotAnswerKeepsNoOtherOneWaitingAndCatchesUp() async throws {
        let scene = Scene()
        let spreader = ControlSpreader(scene.dependencies)
        try await put(scene, acme, TenantPolicy(weight: 3))
        scene.small.edit { $0.failure = QueueUnavailable("down") }
        await #expect(throws: QueueUnavailable.self) { try await spreader.spreadPolicies() }
        #expect(scene.large.edit { $0.policies } == [acme: TenantPolicy(weight: 3)])
        scene.small.edit { $0.failure = nil }
        try await spreader.spreadPolicies()
        #expect(scene.small.edit { $0.policies } == [acme: TenantPolicy(weight: 3)])
    }

    @Test func pausesReachThePoolsTheyAreMeantForAndEnd() async throws {
        let scene = Scene()
        let spreader = ControlSpreader(scene.dependencies)
        let subjects: [PauseSubject] = [.pool(scene.large.pool), .target("t1"), .target("t-unknown")]
        for subject in subjects {
            try await scene.ledger.put(Pause(subject: subject, since: Scene.start, by: "key_ops", reason: nil))
        }
        try await spreader.spreadPauses()
        #expect(scene.small.edit { $0.controls } == PoolControls(isPaused: false, pausedTargets: ["t1"]))
        #expect(scene.large.edit { $0.controls } == PoolControls(isPaused: true, pausedTargets: ["t1"]))
        for subject in subjects { _ = try await scene.ledger.removePause(of: subject) }
        try await spreader.spreadPauses()
        #expect(scene.small.edit { $0.controls } == PoolControls())
        #expect(scene.large.edit { $0.controls } == PoolControls())
    }

    /// Intake tells the ledger and the pool while what was read before is on its way to that pool.
    @Test func aChangeThatOvertakesIsNotUndone() async throws {
        let scene = Scene()
        let spreader = ControlSpreader(scene.dependencies)
        let (acme, ledger, small) = (acme, scene.ledger, scene.small)
        try await put(scene, acme, TenantPolicy(weight: 3))
        small.edit {
            $0.meanwhile = {
                try await ledger.put(
                    TenantRecord(id: acme, policy: TenantPolicy(weight: 5), createdAt: Scene.start)
                )
                try await small.setPolicy(TenantPolicy(weight: 5), for: acme)
            }
        }
        try await spreader.spreadPolicies()
        #expect(small.edit { $0.policies } == [acme: TenantPolicy(weight: 5)])

        small.edit {
            $0.meanwhile = {
                try await ledger.put(
                    Pause(subject: .pool(small.pool), since: Scene.start, by: "key_ops", reason: nil)
                )
                try await small.setControls(PoolControls(isPaused: true))
            }
        }
        try await spreader.spreadPauses()
        #expect(small.edit { $0.controls } == PoolControls(isPaused: true))
    }
}
