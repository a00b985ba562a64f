import Fleet
import Glibc
package import Logging
import Telemetry
import Threads

/// What every `penstockd` process does before anything else.
package enum ProcessSetup {
    /// - Parameter role: named on every log line.
    package static func start(_ settings: Settings, role: String) -> Logger {
        ReadySignal.prepare()
        FreedMemory.prepare()
        // A peer that went away must not end the process.
        signal(SIGPIPE, SIG_IGN)
        raiseDescriptorLimit()
        LoggingBootstrap.start(level: LoggingBootstrap.level(named: settings.logLevel) ?? .info, role: role)
        return Logger(label: "penstock")
    }

    /// Every call and every client is a descriptor; many systems start processes with 1,024. What the system refuses
    /// stays as it was.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
