import Glibc
package import Logging
import Telemetry

/// What every `penstockd` process does before anything else.
package enum ProcessSetup {
    /// - Parameter role: named on every log line.
    package static func start(_ settings: Settings, role: String) -> Logger {
        // A peer that went away must not end the process.
        signal(SIGPIPE, SIG_IGN)
        LoggingBootstrap.start(level: LoggingBootstrap.level(named: settings.logLevel) ?? .info, role: role)
        return Logger(label: "penstock")
    }
}
