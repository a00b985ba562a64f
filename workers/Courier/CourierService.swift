package import CoreMetrics
package import Logging
package import Penstock
import ServiceLifecycle
package import Telemetry

/// What a courier needs of the world.
package struct CourierDependencies: Sendable {
    package var ledger: any WebhookLedger
    package var sender: any WebhookSender
    package var clock: WallClock
    package var health: Health
    package var metrics: any MetricsFactory

    package init(
        ledger: any WebhookLedger,
        sender: any WebhookSender,
        clock: WallClock,
        health: Health,
        metrics: any MetricsFactory
    ) {
        self.ledger = ledger
        self.sender = sender
        self.clock = clock
        self.health = health
        self.metrics = metrics
    }
}

/// A courier process: dispatches events, and delivers what is due. Any number may run; deliveries are leased.
package struct CourierService: Service {
    private static let backlogInterval = Duration.seconds(15)

    let configuration: CourierConfiguration
    let dependencies: CourierDependencies
    let outages: OutageLog
    let logger: Logger

    package init(configuration: CourierConfiguration, dependencies: CourierDependencies, logger: Logger) {
        self.configuration = configuration
        self.dependencies = dependencies
        outages = OutageLog(logger)
        self.logger = logger
    }

    package func run() async throws {
        let board = LaneBoard()
        let metrics = CourierMetrics(dependencies.metrics)
        let slots = SendSlots(configuration.concurrency)
        let (destinations, announced) = AsyncStream.makeStream(of: String.self)
        let announce: @Sendable (String) -> Void = { [clock = dependencies.clock] destination in
            if board.mustStart(destination, at: clock.now()) { announced.yield(destination) }
        }
        await withDiscardingTaskGroup { group in
            group.addTask {
                await cancelWhenGracefulShutdown { await turn(loops(metrics, announce)) }
                board.close()
                announced.finish()
            }
            for await destination in destinations {
                let lane = lane(to: destination, board, slots, metrics)
                group.addTask { await lane.run() }
            }
            await waitUntilIdle(board)
            // What is still under way is broken off and handed back.
            group.cancelAll()
        }
    }

    private func turn(_ loops: [CourierLoop]) async {
        await withDiscardingTaskGroup { group in
            for loop in loops { group.addTask { await loop.run() } }
        }
    }

    private func loops(_ metrics: CourierMetrics, _ announce: @escaping @Sendable (String) -> Void) -> [CourierLoop] {
        let (ledger, clock) = (dependencies.ledger, dependencies.clock)
        let dispatcher = Dispatcher(ledger: ledger, clock: clock, announce: announce)
        let sweep = DueSweep(ledger: ledger, clock: clock, announce: announce)
        return [
            loop("courier.dispatch", every: configuration.interval) { try await dispatcher.round() },
            loop("courier.sweep", every: configuration.interval) {
                try await sweep.round()
                return false
            },
            loop("courier.backlog", every: Self.backlogInterval) {
                metrics.show(try await ledger.webhookBacklog(at: clock.now()), at: clock.now())
                return false
            },
        ]
    }

    private func loop(_ name: String, every interval: Duration, _ body: @escaping @Sendable () async throws -> Bool)
        -> CourierLoop
    {
        CourierLoop(name: name, interval: interval, health: dependencies.health, outages: outages, body: body)
    }

    private func lane(to destination: String, _ board: LaneBoard, _ slots: SendSlots, _ metrics: CourierMetrics)
        -> Lane
    {
        let attempt = DeliveryAttempt(
            ledger: dependencies.ledger,
            sender: dependencies.sender,
            board: board,
            health: EndpointHealth(
                ledger: dependencies.ledger,
                patience: configuration.patience,
                metrics: metrics,
                logger: logger
            ),
            schedule: configuration.schedule,
            clock: dependencies.clock,
            metrics: metrics,
            outages: outages,
            logger: logger
        )
        return Lane(
            destination: destination,
            ledger: dependencies.ledger,
            slots: slots,
            board: board,
            attempt: attempt,
            configuration: configuration,
            clock: dependencies.clock,
            outages: outages
        )
    }

    /// Waits in a task of its own, for in a cancelled one a sleep does not wait.
    private func waitUntilIdle(_ board: LaneBoard) async {
        let limit = Task.isCancelled ? Duration.zero : configuration.drain
        await Task {
            let end = ContinuousClock.now + limit
            while !board.isIdle, ContinuousClock.now < end {
                // Never cancelled: nobody holds this task.
                try? await Task.sleep(for: .milliseconds(20))
            }
        }.value
    }
}
