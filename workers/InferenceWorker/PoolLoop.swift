import Logging
import Penstock
import ServiceLifecycle
import Telemetry

/// Takes jobs of one pool whenever there is room, and runs them.
struct PoolLoop: Sendable {
    /// Jobs per take: enough to spread the round trip, few enough to keep the script short.
    private static let mostPerTake = 24
    private static let idleWait = Duration.seconds(30)
    private static let retryWait = Duration.milliseconds(500)
    private static let takeStep = "take"
    private static let waitStep = "wait for work"

    let queue: any JobQueue
    let consumer: ConsumerName
    let slots: CallSlots
    let leases: HeldLeases
    let run: JobRun
    let metrics: WorkerMetrics
    let health: Health
    let clock: WallClock
    let outages: OutageLog
    let logger: Logger

    /// Runs until graceful shutdown, then until the last taken job is done.
    func run() async {
        await withDiscardingTaskGroup { group in
            var memory = TakeMemory()
            while !Task.isShuttingDownGracefully, !Task.isCancelled { await turn(&group, &memory) }
        }
    }

    /// What a loop knows of its takes so far.
    private struct TakeMemory {
        /// The newest job that it was given; nil before the first.
        var newestKey: String?
        /// Whether there may be newer ones that it does not know of, as a reply was lost.
        var isInDoubt = false
        /// While the queue is away.
        var backoff = Backoff(first: PoolLoop.retryWait)
    }

    /// One turn: places, jobs, and a wait when there are no more.
    private func turn(_ group: inout DiscardingTaskGroup, _ memory: inout TakeMemory) async {
        health.beat("worker.pool.\(queue.pool)", within: .seconds(60))
        let places = await cancelWhenGracefulShutdown { await slots.take(atMost: Self.mostPerTake) }
        guard places > 0 else { return }
        let result = await take(places, &memory)
        slots.release(places - result.jobs.count)
        for taken in result.jobs {
            group.addTask { await finish(taken) }
        }
        if result.wait != .zero { await waitForWork(result.wait) }
    }

    private func take(_ places: Int, _ memory: inout TakeMemory) async -> TakeResult {
        let moment = ContinuousClock.now
        let known = memory
        do {
            // Shielded from cancellation: a take whose reply nobody reads would hold its jobs for a lease.
            let result = try await Task { try await ask(places, known) }.value
            memory.isInDoubt = known.isInDoubt && !result.jobs.isEmpty
            memory.newestKey = result.jobs.last?.lease.key ?? known.newestKey
            memory.backoff.reset()
            outages.worked(Self.takeStep)
            let now = clock.now()
            for taken in result.jobs {
                leases.add(taken.lease, at: moment)
                metrics.took(taken.job, at: now)
            }
            return result
        } catch {
            outages.failed(Self.takeStep, because: Store.behind(error) ?? Self.takeStep, error)
            memory.isInDoubt = true
            return TakeResult(jobs: [], wait: memory.backoff.wait())
        }
    }

    /// In doubt, first what was given already.
    private func ask(_ places: Int, _ memory: TakeMemory) async throws -> TakeResult {
        if memory.isInDoubt {
            let found = try await queue.held(by: consumer, after: memory.newestKey, limit: places)
            if !found.isEmpty { return TakeResult(jobs: found, wait: .zero) }
        }
        return try await queue.take(places, for: consumer)
    }

    private func finish(_ taken: TakenJob) async {
        await run.run(taken)
        leases.remove(taken.lease)
        slots.release(1)
    }

    private func waitForWork(_ wait: Duration?) async {
        let timeout = min(wait ?? Self.idleWait, Self.idleWait)
        do {
            try await cancelWhenGracefulShutdown { try await queue.waitForWork(timeout: timeout) }
            outages.worked(Self.waitStep)
        } catch is CancellationError {
            return
        } catch {
            outages.failed(Self.waitStep, because: Store.behind(error) ?? Self.waitStep, error)
            // Ends early when cancelled, and so does the loop.
            try? await Task.sleep(for: Self.retryWait)
        }
    }
}
