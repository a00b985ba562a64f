import Penstock
import Testing

struct BatchControlTests {
    private func batch(_ state: BatchState) -> BatchRecord {
        var batch = Samples.batch()
        batch.state = state
        return batch
    }

    @Test(arguments: [BatchState.validating, .inProgress])
    func whatGoesOnTakesOrders(_ state: BatchState) {
        var batch = batch(state)
        let paused = batch.pause(at: Samples.now)
        let again = batch.pause(at: Samples.now.adding(.seconds(5)))
        #expect(paused && again && batch.pausedAt == Samples.now)
        let resumed = batch.resume()
        #expect(resumed && batch.pausedAt == nil && batch.state == state)
        let deadline = Samples.now.adding(.seconds(60))
        let changed = batch.change(JobChange(deadline: deadline))
        #expect(changed && batch.expiresAt == deadline && batch.jobClass == .batch)
        #expect(batch.change(JobChange(jobClass: .interactive)) && batch.jobClass == .interactive)
    }

    @Test(arguments: BatchState.allCases.filter { ![.validating, .inProgress].contains($0) })
    func whatEndsTakesNone(_ state: BatchState) {
        var batch = batch(state)
        let answers = [
            batch.pause(at: Samples.now), batch.resume(), batch.change(JobChange(jobClass: .interactive)),
        ]
        #expect(answers == [false, false, false] && batch == self.batch(state))
    }
}

struct PausePolicyTests {
    @Test func aPoolFollowsItsOwnPauses() {
        func pause(_ subject: PauseSubject) -> Pause {
            Pause(subject: subject, since: Samples.now, by: "key_1", reason: nil)
        }
        let pool = Pool(
            name: PoolName("p"),
            targets: [Samples.target()],
            limitGroups: [],
            classWeights: Pool.defaultClassWeights
        )
        #expect(PoolControls([], for: pool) == PoolControls())
        let others = [pause(.pool(PoolName("q"))), pause(.target("t2")), pause(.target("p"))]
        #expect(PoolControls(others, for: pool) == PoolControls())
        let own = others + [pause(.pool(PoolName("p"))), pause(.target("t1"))]
        #expect(PoolControls(own, for: pool) == PoolControls(isPaused: true, pausedTargets: ["t1"]))
    }
}

struct PoolPricingTests {
    @Test func everyTargetNeedsAPrice() {
        func isPriced(_ prices: [TokenPrice?]) -> Bool {
            let targets = prices.map { Samples.target(price: $0) }
            return Pool(name: PoolName("p"), targets: targets, limitGroups: [], classWeights: [:]).isPriced
        }
        #expect(isPriced([Samples.price, Samples.price]))
        #expect(!isPriced([Samples.price, nil]) && !isPriced([]))
    }
}
