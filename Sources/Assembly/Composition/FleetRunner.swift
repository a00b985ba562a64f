import Fleet
package import Logging
import ServiceLifecycle
import UnixSignals

/// `penstockd up`: all roles as supervised processes on one machine.
package enum FleetRunner {
    /// Checks what the children would trip over, then keeps them running until told to stop.
    package static func run(_ settings: Settings, settingsFile: String, executable: String, logger: Logger)
        async throws
    {
        let backends = try Backends(settings, logger: logger)
        try await backends.check(settings, logger: logger)
        try await backends.close()
        let supervisor = Supervisor(
            FleetPlan.children(settings, executable: executable, settingsFile: settingsFile),
            logger: logger
        )
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: supervisor)],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        // Four stop orders, each with its children's grace.
        configuration.maximumGracefulShutdownDuration = (settings.worker.drain + .seconds(15)) * 4 + .seconds(10)
        try await ServiceGroup(configuration: configuration).run()
    }
}
