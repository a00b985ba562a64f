package import Penstock
package import Telemetry

/// The ports through which the HTTP API sees the rest of the system.
package struct IntakeDependencies: Sendable {
    package var ledger: any Ledger
    /// One queue for every pool of `topology`.
    package var queues: [PoolName: any JobQueue]
    /// Queues of pools that are no longer in the settings: their jobs are still told about.
    package var removedQueues: @Sendable () async throws -> [any JobQueue]
    package var events: any CompletionEvents
    /// Tries endpoints out.
    package var webhooks: any WebhookSender
    package var topology: Topology
    /// What there is of workers and should be.
    package var board: any FleetBoard
    package var workerSets: [WorkerSet]
    package var scaling: ScalingBounds
    package var clock: WallClock
    package var health: Health

    package init(
        ledger: any Ledger,
        queues: [PoolName: any JobQueue],
        removedQueues: @escaping @Sendable () async throws -> [any JobQueue] = { [] },
        events: any CompletionEvents,
        webhooks: any WebhookSender,
        topology: Topology,
        board: any FleetBoard,
        workerSets: [WorkerSet],
        scaling: ScalingBounds = ScalingBounds(),
        clock: WallClock,
        health: Health
    ) {
        self.ledger = ledger
        self.queues = queues
        self.removedQueues = removedQueues
        self.events = events
        self.webhooks = webhooks
        self.topology = topology
        self.board = board
        self.workerSets = workerSets
        self.scaling = scaling
        self.clock = clock
        self.health = health
    }
}
