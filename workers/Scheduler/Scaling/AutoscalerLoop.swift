import CoreMetrics
import Logging
package import Penstock
import Synchronization
import Telemetry

/// What a scheduler needs to plan how many workers there should be.
package struct Autoscaling: Sendable {
    package var board: any FleetBoard
    package var sets: [WorkerSet]
    package var bounds: ScalingBounds

    package init(board: any FleetBoard, sets: [WorkerSet], bounds: ScalingBounds) {
        self.board = board
        self.sets = sets
        self.bounds = bounds
    }
}

/// Plans one set of workers again and again. Any number of schedulers do; one of them makes each plan, out of the one
/// before, and all of them show it.
final class AutoscalerLoop: Sendable {
    private static let interval = Duration.seconds(1)
    /// A little less than an interval, so that a turn is never missed for being early.
    private static let turn = Duration.milliseconds(900)
    /// After a plan was lost workers and fleets need a moment to tell that they are there.
    private let patience: Duration
    /// Jobs due within these are looked at.
    private static let horizons: [Duration] = [.seconds(5), .seconds(15), .seconds(60), .seconds(300)]

    let set: WorkerSet
    let scaling: Autoscaling
    let queues: [PoolName: any JobQueue]
    let unfed: UnfedLines
    let bell: AutoscalerBell
    let metrics: ScalingMetrics
    let blindness: Blindness
    let health: Health
    let logger: Logger
    /// As last read: a ledger that is away does not make the autoscaler blind.
    private let knownUnfed = Mutex<[PoolName: Int]>([:])
    /// Since when there is no plan.
    private let missing = Mutex<ContinuousClock.Instant?>(nil)

    init(
        _ set: WorkerSet,
        _ scaling: Autoscaling,
        _ dependencies: SchedulerDependencies,
        _ bell: AutoscalerBell,
        _ blindness: Blindness,
        patience: Duration = .milliseconds(1100),
        _ logger: Logger
    ) {
        self.set = set
        self.patience = patience
        self.scaling = scaling
        self.bell = bell
        self.blindness = blindness
        self.logger = logger
        queues = dependencies.queues.filter { set.pools.contains($0.key) }
        unfed = UnfedLines(ledger: dependencies.ledger, queues: queues)
        metrics = ScalingMetrics(set: set.name, factory: dependencies.metrics)
        health = dependencies.health
    }

    func run() async {
        let (events, sink) = bell.events(of: set)
        await withDiscardingTaskGroup { group in
            group.addTask {
                while !Task.isCancelled {
                    sink.yield(.tick)
                    // Ends early when cancelled, and so does the loop.
                    try? await Task.sleep(for: Self.interval)
                }
                sink.finish()
            }
            for await event in events { await look(event) }
        }
    }

    private func look(_ event: AutoscalerBell.Event) async {
        do {
            try await look(isUrgent: event == .ring)
            if blindness.end(set.name) { logger.notice("the autoscaler sees again", fields) }
        } catch is CancellationError {
            return
        } catch {
            guard blindness.begin(set.name) else { return }
            logger.warning("the autoscaler is blind: the count of workers is held", fields, error: error)
        }
        health.beat("scheduler.autoscaler.\(set.name)", within: .seconds(60))
    }

    private func look(isUrgent: Bool) async throws {
        var look = try await scaling.board.look(at: set.name)
        if isUrgent, let left = patienceLeft(look) {
            try await Task.sleep(for: left)
            look = try await scaling.board.look(at: set.name)
        }
        guard try await mayPlan(look, isUrgent: isUrgent) else {
            if let plan = look.freshPlan { metrics.show(plan) }
            return
        }
        let plan = WorkerPlan(
            of: set,
            after: look.plan,
            loads: try await loads(),
            now: look.workersNow(of: set.name),
            bounds: scaling.bounds,
            at: look.now
        )
        let isNews = plan.count != look.plan?.count
        try await scaling.board.publish(plan, waking: isNews ? look.fleets : [])
        metrics.show(plan)
        if isNews { tell(plan, before: look.plan?.count) }
    }

    /// How long the first plan still waits; nil when it need not.
    private func patienceLeft(_ look: FleetLook) -> Duration? {
        let since = missing.withLock { missing in
            missing = look.plan == nil ? missing ?? .now : nil
            return missing
        }
        guard let since else { return nil }
        let left = patience - (ContinuousClock.now - since)
        return left > .zero ? left : nil
    }

    /// Where workers run already, a job that comes in can wait for the next turn.
    private func mayPlan(_ look: FleetLook, isUrgent: Bool) async throws -> Bool {
        guard patienceLeft(look) == nil else { return false }
        if isUrgent, look.freshPlan.map({ $0.count == 0 }) ?? true { return true }
        return try await scaling.board.takeTurn(at: set.name, every: Self.turn)
    }

    private func loads() async throws -> [PoolName: PoolLoad] {
        let unfed = await unfedLines()
        return try await withThrowingTaskGroup(of: (PoolName, PoolLoad).self) { group in
            for (pool, queue) in queues {
                group.addTask { (pool, try await queue.load(due: Self.horizons)) }
            }
            var loads: [PoolName: PoolLoad] = [:]
            for try await (pool, load) in group {
                loads[pool] = load
                loads[pool]?.unfed = unfed[pool] ?? 0
            }
            return loads
        }
    }

    private func unfedLines() async -> [PoolName: Int] {
        do {
            let counts = try await unfed.count()
            knownUnfed.withLock { $0 = counts }
            return counts
        } catch {
            logger.debug("lines that are not yet fed could not be counted", [.error: .text("\(error)")])
            return knownUnfed.withLock { $0 }
        }
    }

    private var fields: LogFields { [.workerSet: .text(set.name.text)] }

    private func tell(_ plan: WorkerPlan, before: Int?) {
        var fields = fields
        fields[.count] = .integer(plan.count)
        fields[.countBefore] = before.map { .integer($0) }
        fields[.outcome] = .text(plan.reason.rawValue)
        fields[.reason] = .text(plan.explanation)
        fields[.inputs] = .text(plan.inputsText)
        logger.notice("wanted workers changed", fields)
    }
}

/// Whether this process can see what it plans for, told as one gauge.
final class Blindness: Sendable {
    private let sets = Mutex<Set<WorkerSetName>>([])
    private let gauge: Gauge

    init(factory: any MetricsFactory) {
        gauge = Gauge(label: "penstock_autoscaler_blind", factory: factory)
        gauge.record(0)
    }

    /// - Returns: whether that is news.
    func begin(_ set: WorkerSetName) -> Bool { change { $0.insert(set).inserted } }

    /// - Returns: whether that is news.
    func end(_ set: WorkerSetName) -> Bool { change { $0.remove(set) != nil } }

    private func change(_ body: (inout Set<WorkerSetName>) -> Bool) -> Bool {
        sets.withLock { sets in
            let isNews = body(&sets)
            gauge.record(sets.isEmpty ? 0 : 1)
            return isNews
        }
    }
}
