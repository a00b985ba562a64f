import Penstock
import Telemetry
import TestTwins
import Testing

@testable import Scheduler

@Suite(.timeLimit(.minutes(1)))
struct AutoscalerTests {
    private let scene = Scene()
    private let board = InMemoryFleetBoard()
    private let bell = AutoscalerBell()
    private let metrics = MetricsRegistry()
    private let log = CapturedLog()
    private let set = WorkerSet(name: .all, pools: [PoolName("large"), PoolName("small")])

    /// Runs the loop of all pools for the time of `body`.
    private func run(_ body: () async throws -> Void) async throws {
        var dependencies = scene.dependencies
        dependencies.metrics = metrics
        let loop = AutoscalerLoop(
            set,
            Autoscaling(board: board, sets: [set], bounds: ScalingBounds(least: 0, slots: 10)),
            dependencies,
            bell,
            Blindness(factory: metrics),
            patience: .zero,
            log.logger
        )
        let running = Task { await loop.run() }
        defer { running.cancel() }
        try await body()
        running.cancel()
        await running.value
    }

    private func until(_ isTrue: (InMemoryFleetBoard.State) -> Bool) async throws {
        while !isTrue(board.snapshot) { try await Task.sleep(for: .milliseconds(5)) }
    }

    private func fill(_ waiting: Int, at seconds: Int = 0) {
        scene.small.edit {
            $0.load.waiting = waiting
            $0.load.targets = [TargetOverview(name: "t1", state: .available, running: 0, maxRunning: nil)]
        }
    }

    @Test func aPlanIsMadeShownAndTold() async throws {
        fill(4)
        board.change { state in
            state.fleets = [
                FleetClaim(fleet: "f", set: .all, host: "h", count: 0, most: 4, failing: 0, since: state.now)
            ]
        }
        try await run {
            try await until { $0.plans[.all] != nil }
        }
        let plan = try #require(board.snapshot.plans[.all])
        #expect(plan.count == 1 && plan.reason == .backlog && plan.wish.most == 4)
        #expect(board.snapshot.wakes == 1)
        let text = metrics.prometheusText()
        #expect(text.contains(#"penstock_workers_desired{pool="*",reason="backlog"} 1"#))
        #expect(text.contains(#"penstock_workers_desired{pool="*",reason="idle"} 0"#))
        #expect(text.contains("penstock_autoscaler_blind 0"))
        let line = try #require(log.lines.first { $0.contains("wanted workers changed") })
        #expect(line.contains("small: ") && line.contains("4 runnable"))
    }

    @Test func whoHasNoTurnShowsWhatOthersPlanned() async throws {
        fill(4)
        try await run { try await until { $0.plans[.all] != nil } }
        let first = board.snapshot.plans[.all]
        fill(400)
        board.change { $0.turns = 0 }
        try await run {
            while !metrics.prometheusText().contains(#"reason="backlog"} 1"#) {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        #expect(board.snapshot.plans[.all] == first)
    }

    @Test func whereWorkersRunAPoolThatWakesWaitsForItsTurn() async throws {
        fill(4)
        try await run { try await until { $0.plans[.all] != nil } }
        let first = board.snapshot.plans[.all]
        board.change { $0.turns = 0 }
        fill(400)
        try await run {
            for _ in 0..<20 {
                bell.ring(PoolName("small"))
                try await Task.sleep(for: .milliseconds(2))
            }
        }
        #expect(board.snapshot.plans[.all] == first)
    }

    @Test func aPoolThatWakesNeedsNoTurn() async throws {
        board.change { $0.turns = 0 }
        fill(1)
        try await run {
            while board.snapshot.plans[.all] == nil {
                bell.ring(PoolName("small"))
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        #expect(board.snapshot.plans[.all]?.count == 1)
    }

    @Test func aQueueThatCannotBeReadMakesBlind() async throws {
        fill(4)
        try await run {
            try await until { $0.plans[.all] != nil }
            scene.large.edit { $0.failure = QueueUnavailable("away") }
            while !metrics.prometheusText().contains("penstock_autoscaler_blind 1") {
                bell.ring(PoolName("small"))
                try await Task.sleep(for: .milliseconds(5))
            }
            // What was planned stays.
            #expect(metrics.prometheusText().contains(#"reason="backlog"} 1"#))
            scene.large.edit { $0.failure = nil }
            while !metrics.prometheusText().contains("penstock_autoscaler_blind 0") {
                bell.ring(PoolName("small"))
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        #expect(log.lines.count { $0.contains("is blind") } == 1)
    }

    @Test func linesThatAreNotYetFedCount() async throws {
        var batch = BatchRecord(
            id: Scene.batch,
            tenant: TenantID(trusted: "acme"),
            endpoint: .chatCompletions,
            inputFile: FileID("file-1"),
            completionWindow: "24h",
            createdAt: Scene.start,
            expiresAt: Scene.start.adding(.seconds(86_400)),
            jobClass: .batch,
            tags: JobTags(),
            metadata: nil
        )
        (batch.state, batch.total, batch.linesPerPool) = (.inProgress, 1000, [PoolName("small"): 600])
        try await scene.ledger.insert(batch)
        let unfed = UnfedLines(ledger: scene.ledger, queues: [scene.small.pool: scene.small])
        #expect(try await unfed.count() == [PoolName("small"): 600])
        _ = try await scene.small.feed(batch.id, lines: [], from: nil, to: FeedCursor(line: 501, offset: 9))
        #expect(try await unfed.count() == [PoolName("small"): 300])
        _ = try await scene.small.feed(batch.id, lines: [], from: FeedCursor(line: 501, offset: 9), to: .end)
        #expect(try await unfed.count() == [PoolName("small"): 0])
    }
}
