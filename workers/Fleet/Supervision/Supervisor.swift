package import Logging
import ServiceLifecycle

/// Keeps the processes of one machine running: starts them, restarts those that end, and on graceful shutdown ends them
/// in their order.
///
/// Children notice through `ParentWatch` when the supervisor itself is killed.
package final class Supervisor: Service {
    private let children: [ChildSpecification]
    private let policy: RestartPolicy
    private let logger: Logger

    package init(_ children: [ChildSpecification], policy: RestartPolicy = RestartPolicy(), logger: Logger) {
        self.children = children
        self.policy = policy
        self.logger = logger
    }

    /// Runs until graceful shutdown, and then until no child is left. When cancelled, kills them all at once.
    package func run() async {
        let (events, sink) = AsyncStream<FleetEvent>.makeStream()
        await withGracefulShutdownHandler {
            var loop = SupervisorLoop(children, policy: policy, logger: logger, events: sink)
            await loop.run(events)
        } onGracefulShutdown: {
            sink.yield(.stop)
        }
    }
}
