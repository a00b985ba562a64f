import CoreMetrics
import Logging
import Penstock
import Synchronization
import Telemetry

/// How many workers of each set fail again and again here, as the supervisor counts them.
final class FailingWorkers: Sendable {
    private let counts = Mutex<[WorkerSetName: Int]>([:])

    func set(_ count: Int, of set: WorkerSetName) { counts.withLock { $0[set] = count } }

    func count(of set: WorkerSetName) -> Int { counts.withLock { $0[set] ?? 0 } }
}

/// Follows the plan of one set: claims this fleet's share of the wanted workers and tells the supervisor how many these
/// are. While it sees no plan, it holds what it has.
struct FleetAgent: Sendable {
    private static let interval = Duration.seconds(1)
    /// Others may claim in between, but not for ever.
    private static let tries = 5

    let set: WorkerSetName
    let workers: ScaledWorkers
    let failing: FailingWorkers
    let sight: FleetSight
    let events: AsyncStream<FleetEvent>.Continuation

    /// Runs until cancelled, then gives its claim up.
    func run() async {
        var claim: FleetClaim?
        while !Task.isCancelled {
            do {
                claim = try await follow(claim) ?? claim
                try await workers.board.waitForPlan(of: set, timeout: Self.interval)
            } catch is CancellationError {
                break
            } catch {
                sight.lose(set, "\(error)")
                // Ends early when cancelled, and so does the loop.
                try? await Task.sleep(for: Self.interval)
            }
        }
        guard let claim else { return }
        // In a task of its own, as this one is cancelled; a claim that stays fades by itself.
        await Task { try? await workers.board.release(claim) }.value
    }

    /// - Returns: the new claim; nil when others were quicker every time.
    private func follow(_ known: FleetClaim?) async throws -> FleetClaim? {
        for _ in 0..<Self.tries {
            let look = try await workers.board.look(at: set)
            var claim = known ?? newClaim(at: look.now)
            claim.failing = failing.count(of: set)
            let claims = look.fleets.filter { $0.fleet != claim.fleet } + [claim]
            claim.count = FleetShares.split(wanted(look, claims), among: claims)[claim.fleet] ?? 0
            guard try await workers.board.claim(claim, at: look.version) else { continue }
            events.yield(.wanted(set, claim.count, load: load(look)))
            look.freshPlan == nil ? sight.lose(set, PlanText.blind) : sight.regain(set)
            return claim
        }
        return nil
    }

    private func newClaim(at now: Timestamp) -> FleetClaim {
        FleetClaim(
            fleet: workers.fleet,
            set: set,
            host: workers.host,
            count: 0,
            most: workers.most,
            failing: 0,
            since: now
        )
    }

    /// Without a plan that says something about now, what all fleets have is held.
    private func wanted(_ look: FleetLook, _ claims: [FleetClaim]) -> Int {
        look.freshPlan?.count ?? max(workers.least, claims.reduce(0) { $0 + $1.count })
    }

    private func load(_ look: FleetLook) -> [Int: Int] {
        let own = look.workers.filter { $0.host == workers.host }
        return Dictionary(own.map { ($0.pid, $0.slotsInUse) }) { first, _ in first }
    }
}

/// Whether this fleet sees plans, told as one gauge and, once each time, in the log.
final class FleetSight: Sendable {
    /// A scheduler that starts beside this fleet needs a moment.
    private static let patience = Duration.seconds(10)

    private let lost = Mutex<[WorkerSetName: ContinuousClock.Instant]>([:])
    private let told = Mutex<Set<WorkerSetName>>([])
    private let gauge: Gauge
    private let logger: Logger

    init(factory: any MetricsFactory, logger: Logger) {
        gauge = Gauge(label: "penstock_autoscaler_blind", factory: factory)
        gauge.record(0)
        self.logger = logger
    }

    /// - Parameter reason: what keeps it from seeing.
    func lose(_ set: WorkerSetName, _ reason: String) {
        let since = lost.withLock { lost in
            lost[set] = lost[set] ?? .now
            return lost[set] ?? .now
        }
        guard ContinuousClock.now - since >= patience(reason), told.withLock({ $0.insert(set).inserted }) else {
            return
        }
        gauge.record(1)
        logger.warning(
            "the fleet is blind: the count of workers is held",
            [.workerSet: .text(set.text), .reason: .text(reason)]
        )
    }

    func regain(_ set: WorkerSetName) {
        lost.withLock { $0[set] = nil }
        let (isNews, isAll) = told.withLock { told in (told.remove(set) != nil, told.isEmpty) }
        guard isNews else { return }
        if isAll { gauge.record(0) }
        logger.notice("the fleet sees again", [.workerSet: .text(set.text)])
    }

    /// A queue that cannot be read is told at once.
    private func patience(_ reason: String) -> Duration { reason == PlanText.blind ? Self.patience : .zero }
}
