import Logging
import Penstock
import Telemetry

/// One taken job from its lease to its settlement: ask the ledger if in doubt, call, record, settle.
struct JobRun: Sendable {
    let pool: Pool
    let queue: any JobQueue
    let ledger: any Ledger
    let caller: any ProviderCaller
    let isolation: Isolation
    let configuration: WorkerConfiguration
    let leases: HeldLeases
    let drained: WorkerDrain
    let clock: WallClock
    let metrics: WorkerMetrics
    let watch: TargetWatch
    let outages: OutageLog
    let logger: Logger

    /// How long a job waits that needs a ledger which is away.
    private static let ledgerPause = Duration.seconds(2)
    /// How much clocks of machines may differ.
    private static let clockDifference = Duration.seconds(1)

    /// A call is only begun under a lease renewed this lately, so that nobody else can have the job.
    private var freshness: Duration { configuration.lease * 0.7 }

    func run(_ taken: TakenJob) async {
        if mayHaveEnded(taken) {
            guard let isDecided = await isDecided(taken) else { return await awaitLedger(taken) }
            if isDecided { return await settleDecided(taken) }
        }
        guard let target = pool.target(named: taken.target) else {
            return await handBack(taken, reason: "the target is not configured here")
        }
        let body: [UInt8]
        switch await self.body(of: taken.job) {
        case .found(let bytes): body = bytes
        // Its terminal row, written in the meantime, has removed it.
        case .gone: return await settleDecided(taken)
        case .unknown: return await awaitLedger(taken)
        }
        guard taken.deaths >= configuration.deathsToSuspect else {
            return await callIfFresh(taken, target) {
                .reported(
                    await caller.call(
                        target,
                        endpoint: taken.job.endpoint,
                        body: body,
                        headers: taken.job.headers,
                        within: target.timeout
                    )
                )
            }
        }
        metrics.isolated()
        await isolation.withPlace(for: taken) { size in
            await callIfFresh(taken, target) {
                await isolation.caller.call(
                    target,
                    endpoint: taken.job.endpoint,
                    body: body,
                    headers: taken.job.headers,
                    within: target.timeout,
                    amongAtMost: size
                )
            }
        }
    }

    private typealias Call = @Sendable () async -> SuspectOutcome

    private func callIfFresh(_ taken: TakenJob, _ target: Target, _ call: @escaping Call) async {
        guard leases.isFresh(taken.lease, within: freshness, at: .now) else {
            return await handBack(taken, reason: "the lease is not fresh")
        }
        guard !drained.hasBegun else { return await handBack(taken, reason: "the worker ends") }
        await self.call(taken, target, call)
    }

    private func call(_ taken: TakenJob, _ target: Target, _ call: @escaping Call) async {
        let startedAt = clock.now()
        let start = ContinuousClock.now
        guard case .reported(let report) = await abortable(taken, call) else {
            // As when a worker dies: the lease runs out, and the job comes back with one death more.
            metrics.groupDied()
            return
        }
        metrics.called(for: ContinuousClock.now - start)
        let plan = CompletionPlan(
            for: taken,
            on: target,
            pool: pool.name,
            report: report,
            startedAt: startedAt,
            now: clock.now(),
            priceVersion: configuration.priceVersion,
            retries: configuration.retries,
            jitter: .random(in: 0...1)
        )
        watch.note(plan.settlement, of: target.name, startedAt: start)
        await complete(taken, plan)
    }

    /// Runs the call in a task of its own, so that a lost or cancelled lease stops it and not the bookkeeping after it.
    private func abortable(_ taken: TakenJob, _ call: @escaping Call) async -> SuspectOutcome {
        let task = Task { await call() }
        if !leases.setAbort(taken.lease, { task.cancel() }) { task.cancel() }
        return await task.value
    }

    /// The ledger decides, then the queue follows.
    private func complete(_ taken: TakenJob, _ plan: CompletionPlan) async {
        if plan.completion.terminal?.isQuarantined == true { await keepForRequeue(taken.job) }
        let entry = await write(plan.completion, under: taken.lease)
        if let terminal = plan.completion.terminal {
            if entry?.isTheOutcome == true { noteEnd(terminal) }
            await settle(taken, plan.settlement)
        } else if case .retry(let delay, let countsAttempt) = plan.next {
            metrics.willRetry()
            let held = await patiently("retry") {
                try await queue.retry(taken.lease, plan.settlement, after: delay, countsAttempt: countsAttempt)
            }
            if held == false { noteLost(taken) }
        }
    }

    private func settle(_ taken: TakenJob, _ settlement: Settlement) async {
        let held = await patiently("settle") { try await queue.settle(taken.lease, settlement) }
        if held == false { noteLost(taken) }
    }

    /// The outage is told of by itself, not once more with each job.
    private func awaitLedger(_ taken: TakenJob) async {
        await handBack(taken, after: Self.ledgerPause)
    }

    private func handBack(_ taken: TakenJob, reason: String) async {
        logger.notice("job handed back", [.jobID: .text(taken.job.id.text), .reason: .text(reason)])
        await handBack(taken, after: .zero)
    }

    /// Gives a job back that was not called.
    private func handBack(_ taken: TakenJob, after delay: Duration) async {
        let unused = Settlement(usage: nil, mayHaveBeenSent: false, chargesTenant: false)
        let held = await patiently("hand back") {
            try await queue.retry(taken.lease, unused, after: delay, countsAttempt: false)
        }
        if held == false { noteLost(taken) }
    }

    /// Whether it was held before, or comes from a time that the queue may have been set back to.
    private func mayHaveEnded(_ taken: TakenJob) -> Bool {
        guard taken.deaths == 0, let age = queue.connectedFor else { return true }
        return taken.job.createdAt < clock.now().adding(Self.clockDifference - age)
    }

    /// - Returns: nil when the ledger does not say.
    private func isDecided(_ taken: TakenJob) async -> Bool? {
        await briefly("look up") { try await ledger.terminalRow(of: taken.job.id) != nil }
    }

    /// The ledger has an outcome already: only the queue is behind.
    private func settleDecided(_ taken: TakenJob) async {
        await settle(taken, Settlement(usage: nil, mayHaveBeenSent: false, chargesTenant: false))
    }

    private enum Body {
        case found([UInt8])
        case gone
        /// The ledger does not say.
        case unknown
    }

    private func body(of job: Job) async -> Body {
        switch job.body {
        case .inline(let bytes): return .found(bytes)
        case .inLedger:
            let answer = await briefly("read the body") { try await ledger.acceptedBody(of: job.id) }
            guard let answer else { return .unknown }
            return answer.map { .found($0) } ?? .gone
        }
    }

    private func noteEnd(_ row: TerminalRow) {
        metrics.finished(row.state)
        guard let error = row.error, error.errorClass == .penstockPoison else { return }
        metrics.quarantined()
        logger.error(
            "job quarantined: the process that made its call alone died",
            [.jobID: .text(row.job.text), .reason: .text(error.message)]
        )
    }

    private func noteLost(_ taken: TakenJob) {
        metrics.lostLease()
        logger.notice("lease was lost", [.jobID: .text(taken.job.id.text), .attempt: .text(taken.lease.token.text)])
    }
}
