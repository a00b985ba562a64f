import CMongoC
import Logging
import Synchronization
import Telemetry

/// Where libmongoc's own log lines go. The driver has one log per process, so the first client's logger takes it.
enum DriverLog {
    private static let logger = Mutex<Logger?>(nil)

    static func send(to newLogger: Logger) {
        logger.withLock { $0 = $0 ?? newLogger }
    }

    /// Called by libmongoc on any thread.
    static let handler: mongoc_log_func_t = { level, domain, message, _ in
        guard let logger = DriverLog.logger.withLock({ $0 }) else { return }
        let fields: LogFields = [
            .name: .text(domain.map { String(cString: $0) } ?? "mongoc"),
            .reason: .text(message.map { String(cString: $0) } ?? ""),
        ]
        switch level {
        case MONGOC_LOG_LEVEL_ERROR, MONGOC_LOG_LEVEL_CRITICAL: logger.error("mongodb driver", fields)
        case MONGOC_LOG_LEVEL_WARNING: logger.warning("mongodb driver", fields)
        case MONGOC_LOG_LEVEL_MESSAGE, MONGOC_LOG_LEVEL_INFO: logger.info("mongodb driver", fields)
        default: logger.trace("mongodb driver", fields)
        }
    }
}
