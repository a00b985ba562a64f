import CMongoC
import CoreMetrics
import Synchronization

/// Counts and times the commands of a client: `penstock_mongodb_command_seconds` and
/// `penstock_mongodb_command_failures`, by command name. The driver calls it on the thread that runs the command.
final class CommandMonitor: Sendable {
    private struct Instruments {
        let duration: Timer
        let failures: Counter
    }

    private let factory: any MetricsFactory
    /// A handful: names come from our own commands and the driver's, never from input.
    private let instruments = Mutex<[String: Instruments]>([:])

    init(factory: any MetricsFactory) {
        self.factory = factory
    }

    /// Makes `pool` report. The pool must not outlive the monitor.
    func watch(_ pool: OpaquePointer) {
        let callbacks = mongoc_apm_callbacks_new()
        defer { mongoc_apm_callbacks_destroy(callbacks) }
        mongoc_apm_set_command_succeeded_cb(callbacks) { event in
            guard let event, let name = mongoc_apm_command_succeeded_get_command_name(event) else { return }
            CommandMonitor.of(mongoc_apm_command_succeeded_get_context(event))?
                .ended(name, microseconds: mongoc_apm_command_succeeded_get_duration(event), hasFailed: false)
        }
        mongoc_apm_set_command_failed_cb(callbacks) { event in
            guard let event, let name = mongoc_apm_command_failed_get_command_name(event) else { return }
            CommandMonitor.of(mongoc_apm_command_failed_get_context(event))?
                .ended(name, microseconds: mongoc_apm_command_failed_get_duration(event), hasFailed: true)
        }
        mongoc_client_pool_set_apm_callbacks(pool, callbacks, Unmanaged.passUnretained(self).toOpaque())
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> CommandMonitor? {
        context.map { Unmanaged<CommandMonitor>.fromOpaque($0).takeUnretainedValue() }
    }

    private func ended(_ name: UnsafePointer<CChar>, microseconds: Int64, hasFailed: Bool) {
        let instruments = instruments(of: String(cString: name))
        instruments.duration.recordNanoseconds(microseconds * 1000)
        if hasFailed { instruments.failures.increment() }
    }

    private func instruments(of command: String) -> Instruments {
        instruments.withLock { known in
            if let found = known[command] { return found }
            let labels = [("command", command)]
            let made = Instruments(
                duration: Timer(label: "penstock_mongodb_command_seconds", dimensions: labels, factory: factory),
                failures: Counter(label: "penstock_mongodb_command_failures", dimensions: labels, factory: factory)
            )
            known[command] = made
            return made
        }
    }
}
