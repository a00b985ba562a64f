import Glibc
import Penstock
import Testing

/// Random traces through the whole decision: looks in, plans out, and workers that follow the plans. As many as
/// `PENSTOCK_SCALING_TRACES` says.
@Suite(.timeLimit(.minutes(10)))
struct AutoscalerSimulationTests {
    private static let traces = getenv("PENSTOCK_SCALING_TRACES").flatMap { Int(String(cString: $0)) } ?? 8000
    private static let parts = 8

    @Test(arguments: 0..<parts)
    func noTraceBreaksTheRules(part: Int) throws {
        for seed in stride(from: part, to: Self.traces, by: Self.parts) {
            var world = SimulatedPool(seed: UInt64(seed))
            var rules = ScalingRules(world)
            for _ in 0..<world.length {
                let load = world.advance()
                let plan = world.plan(load)
                if let broken = rules.check(plan, load) {
                    Issue.record("seed \(seed): \(broken); \(plan.explanation); \(plan.inputsText)")
                    return
                }
                world.follow(plan)
            }
        }
    }
}

/// What no plan may do.
private struct ScalingRules {
    private let bounds: ScalingBounds
    private var last: Int?
    /// When the count last rose.
    private var rose: Timestamp?

    init(_ world: SimulatedPool) {
        bounds = world.bounds
    }

    /// - Returns: the rule that the plan breaks.
    mutating func check(_ plan: WorkerPlan, _ load: PoolLoad) -> String? {
        defer { last = plan.count }
        let room = plan.wish.most
        guard plan.count <= room, plan.count >= min(bounds.least, room) else { return "out of bounds" }
        guard !plan.explanation.isEmpty else { return "no reason" }
        if let broken = checkLimit(plan, load) { return broken }
        guard let last else { return nil }
        if plan.count > last { rose = plan.plannedAt }
        if plan.count < last, let rose, plan.plannedAt.since(rose) < bounds.window, plan.count < min(last, room) {
            return "went down \(plan.plannedAt.since(rose)) after it went up"
        }
        if plan.count < last, plan.count < last / 2 { return "fell by more than half" }
        return nil
    }

    /// Never more than what the limit can use and one, but for what the processors need and what the window holds.
    private func checkLimit(_ plan: WorkerPlan, _ load: PoolLoad) -> String? {
        let demand = plan.demands[0]
        guard let granted = PoolGrant(load).callsPerSecond, let service = demand.serviceSeconds else { return nil }
        let calls = load.targets[0].state == .available ? granted * service : Double(load.running)
        let usable = Int((calls / Double(bounds.slots)).rounded(.up)) + 1
        guard plan.wish.bySlots <= max(usable, 1) else { return "\(plan.wish.bySlots) where the limit uses \(usable)" }
        let most = max(usable, plan.wish.byCPU, bounds.least)
        guard plan.wish.count <= most else { return "\(plan.wish.count) where \(most) are of use" }
        return nil
    }
}

/// A pool, its provider and its workers, second by second.
private struct SimulatedPool {
    let bounds: ScalingBounds
    let length: Int
    private var random: SplitMix
    private let requestsPerMinute: Int?
    private let service: Double
    private let cpuPerJob: Double
    private var arrivals = 0.0
    private var second = 0
    private var waiting = 0
    private var running = 0.0
    private var taken = 0
    private var cpu = 0.0
    private var state = TargetOverview.State.available
    /// Workers that run, and how many there will be after the next second.
    private var workers = 0
    private var last: WorkerPlan?
    private let set = WorkerSet(name: .all, pools: [PoolName("p")])

    init(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let most = random.int(in: 1...20)
        bounds = ScalingBounds(
            least: random.int(in: 0...min(2, most)),
            most: most,
            slots: [1, 10, 50, 250][random.int(in: 0...3)],
            drainTarget: .seconds(random.int(in: 1...120)),
            window: .seconds(random.int(in: 5...30))
        )
        length = random.int(in: 10...60)
        requestsPerMinute = random.int(in: 0...2) == 0 ? nil : random.int(in: 1...60_000)
        service = Double(random.int(in: 1...20_000)) / 1000
        cpuPerJob = Double(random.int(in: 0...2000)) / 1e6
        self.random = random
    }

    mutating func advance() -> PoolLoad {
        second += 1
        if random.int(in: 0...9) == 0 { arrivals = Double(random.int(in: 0...3)) * Double(random.int(in: 0...1000)) }
        if random.int(in: 0...39) == 0 { waiting += random.int(in: 0...50_000) }
        if random.int(in: 0...39) == 0 {
            state = .blocked(until: PoolLoad.start)
        } else if random.int(in: 0...4) == 0 {
            state = .available
        }
        waiting += Int(arrivals)
        let ended = min(running, running / max(1, service))
        let free = Double(workers * bounds.slots) - (running - ended)
        let granted = state == .available ? Double(requestsPerMinute ?? 60_000_000) / 60 : 0
        let begun = max(0, min(Double(waiting), free, granted)).rounded(.down)
        running += begun - ended
        waiting -= Int(begun)
        taken += Int(begun)
        cpu = begun * cpuPerJob
        return .test(after: Double(second), state: state, requestsPerMinute: requestsPerMinute) {
            ($0.waiting, $0.running, $0.takenJobs) = (waiting, Int(running), taken)
        }
    }

    mutating func plan(_ load: PoolLoad) -> WorkerPlan {
        let plan = WorkerPlan(
            of: set,
            after: last,
            loads: [set.pools[0]: load],
            now: WorkersNow(ready: workers, cpu: cpu),
            bounds: bounds,
            at: load.at
        )
        last = plan
        return plan
    }

    mutating func follow(_ plan: WorkerPlan) { workers = plan.count }
}

/// A small generator whose numbers follow from its seed alone.
private struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 0x1234_5678
    }

    mutating func int(in range: ClosedRange<Int>) -> Int {
        state = state &+ 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return range.lowerBound + Int((value ^ (value >> 31)) % UInt64(range.count))
    }
}
