package import CoreMetrics
package import Logging
import Penstock
import ServiceLifecycle

/// Keeps the processes of one machine running: starts them, restarts those that end, runs as many workers as are wanted,
/// and on graceful shutdown ends them all in their order.
///
/// Children notice through `ParentWatch` when the supervisor itself is killed.
package final class Supervisor: Service {
    private let children: [ChildSpecification]
    private let workers: ScaledWorkers?
    private let metrics: any MetricsFactory
    private let logger: Logger

    /// - Parameters:
    ///   - children: processes of which there is always one.
    ///   - workers: those of which there are as many as are wanted; nil runs none.
    package init(
        _ children: [ChildSpecification],
        workers: ScaledWorkers? = nil,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        logger: Logger
    ) {
        self.children = children
        self.workers = workers
        self.metrics = metrics
        self.logger = logger
    }

    /// Runs until graceful shutdown, and then until no child is left. When cancelled, kills them all at once.
    package func run() async {
        let (events, sink) = AsyncStream<FleetEvent>.makeStream()
        let failing = FailingWorkers()
        // Unstructured, so that a shutdown ends it before the children.
        let agents = Task { await follow(failing, sink) }
        await withGracefulShutdownHandler {
            var loop = SupervisorLoop(
                children,
                workers: workers,
                metrics: setMetrics,
                failing: failing,
                logger: logger,
                events: sink
            )
            await loop.run(events)
        } onGracefulShutdown: {
            agents.cancel()
            sink.yield(.stop)
        }
        agents.cancel()
        await agents.value
    }

    private func follow(_ failing: FailingWorkers, _ sink: AsyncStream<FleetEvent>.Continuation) async {
        guard let workers else { return }
        let sight = FleetSight(factory: metrics, logger: logger)
        await withDiscardingTaskGroup { group in
            for set in workers.sets {
                let agent = FleetAgent(set: set, workers: workers, failing: failing, sight: sight, events: sink)
                group.addTask { await agent.run() }
            }
        }
    }

    private var setMetrics: [WorkerSetName: FleetMetrics] {
        let pairs = workers?.sets.map { ($0, FleetMetrics(set: $0, factory: metrics)) } ?? []
        return Dictionary(pairs) { first, _ in first }
    }
}
