import Glibc
import Penstock
import Telemetry
import TestSupport
import TestTwins
import Testing

@testable import Fleet

/// A supervisor that follows plans, with shell scripts as workers.
@Suite(.timeLimit(.minutes(1))) struct ScaledFleetTests {
    /// Says that it is ready, and ends when it is told to finish.
    private static let worker =
        #"trap 'note "finished $$"; exit 0' USR1; trap 'note "ended $$"; exit 0' TERM; printf 1 >&3; exec 3>&-; "#
        + #"note "up $$"; while :; do sleep 0.02; done"#

    private let scene: Scene
    private let board = InMemoryFleetBoard()
    private let metrics = MetricsRegistry()

    init() throws {
        scene = try Scene()
    }

    private func workers(_ script: String = worker, least: Int = 0, most: Int = 8, fleet: String = "f1")
        -> ScaledWorkers
    {
        ScaledWorkers(
            sets: [.all],
            least: least,
            most: most,
            fleet: fleet,
            host: HostName.text,
            board: board,
            child: { [scene] _, place in
                var child = scene.child("worker-\(place)", script)
                child.restarts = RestartPolicy(shortestDelay: .milliseconds(10), longestDelay: .milliseconds(50))
                return child
            }
        )
    }

    private func plan(_ count: Int) {
        let wish = WorkerWish(count: count, reason: .backlog, pool: nil, calls: 0, bySlots: count, byCPU: 0, most: 8)
        board.change { state in
            state.plans[.all] = WorkerPlan(
                set: WorkerSet(name: .all, pools: []),
                count: count,
                reason: .backlog,
                explanation: "",
                wish: wish,
                demands: [],
                now: WorkersNow(),
                bounds: ScalingBounds(),
                plannedAt: state.now,
                history: WishHistory(),
                paces: [:]
            )
        }
    }

    private func pids(_ word: String) -> [pid_t] {
        scene.notes.filter { $0.hasPrefix("\(word) ") }.compactMap { pid_t($0.dropFirst(word.count + 1)) }
    }

    private func untilMetrics(show text: String) async throws {
        while !metrics.prometheusText().contains(text) { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test func plansAreFollowedUpAndDown() async throws {
        plan(3)
        try await scene.supervise([], workers: workers(), metrics: metrics) {
            try await scene.until { $0.count == 3 }
            // The second one is the least busy.
            let running = pids("up")
            board.change { state in
                for (place, pid) in running.enumerated() {
                    state.workers.append(.test(pid: pid, slotsInUse: place == 1 ? 0 : 9))
                }
            }
            plan(2)
            try await scene.until { $0.count == 4 }
            #expect(pids("finished") == [running[1]])
            #expect(board.snapshot.fleets.map(\.count) == [2])
            plan(0)
            try await scene.until { $0.count == 6 }
            try await untilMetrics(show: #"penstock_fleet_worker_stops_total{pool="*"} 3"#)
        }
        #expect(pids("ended").isEmpty)
        #expect(board.snapshot.fleets.isEmpty, "a fleet that ends gives its claim up")
        let text = metrics.prometheusText()
        #expect(text.contains(#"penstock_fleet_worker_starts_total{pool="*"} 3"#))
        #expect(text.contains(#"penstock_fleet_worker_drains_total{pool="*"} 3"#))
        #expect(text.contains(#"penstock_fleet_workers{pool="*"} 0"#))
    }

    @Test func aWorkerThatWasReadyAndIsKilledIsReplacedAtOnce() async throws {
        plan(1)
        let workers = workers()
        try await scene.supervise([], workers: workers, metrics: metrics) {
            try await scene.until { $0.count == 1 }
            let first = try #require(pids("up").first)
            // Heard of before: else it would count as one that never was ready.
            try await Task.sleep(for: .milliseconds(50))
            kill(first, SIGKILL)
            try await scene.until { $0.count == 2 }
        }
        #expect(metrics.prometheusText().contains(#"penstock_fleet_worker_crashes_total{pool="*"} 1"#))
    }

    @Test func workersThatNeverGetReadyAreTold() async throws {
        plan(2)
        try await scene.supervise([], workers: workers("note up; exit 1")) {
            while board.snapshot.fleets.first?.failing != 2 { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test func withoutAPlanTheFewestRun() async throws {
        try await scene.supervise([], workers: workers(least: 2)) {
            try await scene.until { $0.count == 2 }
        }
    }

    @Test func whoSeesNothingHoldsWhatItHas() async throws {
        plan(2)
        try await scene.supervise([], workers: workers(), metrics: metrics) {
            try await scene.until { $0.count == 2 }
            board.change { $0.failure = QueueUnavailable("away") }
            try await untilMetrics(show: "penstock_autoscaler_blind 1")
            kill(try #require(pids("up").first), SIGKILL)
            try await scene.until { $0.count == 3 }
            // Plans that nobody can read change nothing.
            plan(0)
            board.change { $0.failure = nil }
            try await untilMetrics(show: "penstock_autoscaler_blind 0")
            try await scene.until { $0.count == 5 }
        }
        #expect(pids("finished").count == 2)
    }

    @Test func fleetsShareOnePlan() async throws {
        plan(5)
        try await scene.supervise([], workers: workers()) {
            try await scene.supervise([], workers: workers(fleet: "f2")) {
                try await scene.until { $0.count >= 5 }
                let claims = board.snapshot.fleets
                #expect(claims.reduce(0) { $0 + $1.count } == 5)
                plan(6)
                try await scene.until { $0.count >= 6 }
                #expect(board.snapshot.fleets.reduce(0) { $0 + $1.count } == 6)
                #expect(pids("finished").isEmpty)
            }
            // What the second one had, the first one takes over.
            while board.snapshot.fleets.first?.count != 6 { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test func shutdownEndsWorkersAsItEndsOthers() async throws {
        plan(2)
        let other = scene.child(
            "other",
            stopOrder: 1,
            #"trap 'note "last 0"; exit 0' TERM; note "up 1"; while :; do sleep 0.02; done"#
        )
        try await scene.supervise([other], workers: workers()) {
            try await scene.until { $0.count == 3 }
        }
        #expect(pids("ended").count == 2 && scene.notes.last == "last 0")
    }
}

extension WorkerReport {
    fileprivate static func test(pid: pid_t, slotsInUse: Int) -> WorkerReport {
        WorkerReport(
            name: ConsumerName("worker-\(pid)"),
            set: .all,
            host: HostName.text,
            pid: Int(pid),
            isDraining: false,
            slots: 10,
            slotsInUse: slotsInUse,
            cpu: 0,
            since: Timestamp(milliseconds: 0)
        )
    }
}
