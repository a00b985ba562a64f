import Glibc
package import Logging

/// Sets up logging for the process.
package enum LoggingBootstrap {
    /// The level of that name: `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`; nil for any other.
    package static func level(named name: String) -> Logger.Level? {
        Logger.Level(rawValue: name)
    }

    /// Makes every logger of the process write JSON lines from now on. Once per process, before the first logger.
    ///
    /// - Parameters:
    ///   - level: The least level to log.
    ///   - role: What this process does, such as `worker`; on every line.
    ///   - sink: Where lines go; standard error by default.
    package static func start(
        level: Logger.Level,
        role: String,
        sink: LogSink = LogSink(descriptor: STDERR_FILENO)
    ) {
        let make = factory(level: level, role: role, sink: sink)
        LoggingSystem.bootstrap({ _, provider in make(provider) }, metadataProvider: nil)
    }

    /// What `start` installs.
    static func factory(
        level: Logger.Level,
        role: String,
        sink: LogSink
    ) -> @Sendable (Logger.MetadataProvider?) -> JSONLogHandler {
        let timestamp = LogTimestamp()
        let pid = getpid()
        return { provider in
            var handler = JSONLogHandler(sink: sink, role: role, pid: pid, level: level, timestamp: timestamp)
            handler.metadataProvider = provider
            return handler
        }
    }
}
