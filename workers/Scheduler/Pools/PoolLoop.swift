import Penstock

/// Keeps one pool: at its pace while the pool holds jobs, asleep in the queue while it holds none.
struct PoolLoop: Sendable {
    /// Longest sleep; whoever rings may die before.
    private static let longestSleep = Duration.seconds(30)

    let keeper: PoolKeeper
    let steps: StepMaker
    /// Done beside the keeping, while the pool holds jobs.
    let extras: [RepeatedStep]
    /// Called when the pool may hold jobs after it held none.
    var onWake: @Sendable () -> Void = {}

    func run() async {
        while !Task.isCancelled {
            await keepWhileBusy()
            await sleep()
        }
    }

    private func keepWhileBusy() async {
        await withDiscardingTaskGroup { group in
            for step in beside + extras { group.addTask { await step.run() } }
            await tick.run()
            // An empty pool has nothing overdue and no orphans: what stops here has nothing left to do.
            group.cancelAll()
        }
    }

    private func sleep() async {
        let sleep = step("sleep", every: .seconds(1)) {
            try await keeper.queue.waitForJobs(timeout: Self.longestSleep)
            onWake()
            return .end
        }
        await sleep.run()
    }

    private var tick: RepeatedStep {
        step("tick", every: .milliseconds(100)) { try await keeper.tick().isEmpty ? .end : .again }
    }

    private var beside: [RepeatedStep] {
        [
            step("expire", every: .milliseconds(250)) {
                try await keeper.expire()
                return .again
            },
            step("unspool", every: .seconds(1)) {
                try await keeper.unspool()
                return .again
            },
            step("reclaim", every: .seconds(1)) {
                try await keeper.reclaim()
                return .again
            },
        ]
    }

    private func step(
        _ name: String,
        every interval: Duration,
        _ body: @escaping @Sendable () async throws -> RepeatedStep.Next
    ) -> RepeatedStep {
        steps.ending("\(name).\(keeper.queue.pool)", every: interval, body)
    }
}
