package import Logging

/// Logs one JSON object per line.
///
/// Fields: `ts`, `level`, `role`, `pid`, `message`, then the metadata's keys: the logger's, the provider's, the event's
/// (later ones win). An event's error adds `error` and `error.class`.
package struct JSONLogHandler: LogHandler {
    private let sink: LogSink
    private let role: String
    private let pid: Int32
    private let timestamp: LogTimestamp

    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    /// A handler of one process; copies share `sink` and the time cache.
    init(sink: LogSink, role: String, pid: Int32, level: Logger.Level, timestamp: LogTimestamp) {
        self.sink = sink
        self.role = role
        self.pid = pid
        self.timestamp = timestamp
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = LogLine(
            timestamp: timestamp.now(),
            level: event.level,
            role: role,
            pid: pid,
            message: event.message.description
        )
        line.add(fields(of: event))
        sink.write(line.finished())
    }

    private func fields(of event: LogEvent) -> Logger.Metadata {
        var fields = metadata
        if let provided = metadataProvider?.get(), !provided.isEmpty { fields.merge(provided) { _, new in new } }
        if let own = event.metadata { fields.merge(own) { _, new in new } }
        guard let error = event.error else { return fields }
        let described: Logger.Metadata = [
            LogKey.error.rawValue: .string(String(describing: error)),
            LogKey.errorClass.rawValue: .string(String(describing: type(of: error))),
        ]
        return fields.merging(described) { given, _ in given }
    }
}
