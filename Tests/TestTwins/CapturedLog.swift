package import Logging
import Synchronization

/// Log lines as a test sees them: message and metadata in one text.
package final class CapturedLog: Sendable {
    private let captured = Mutex<[String]>([])

    package init() {}

    package var logger: Logger {
        Logger(label: "test", factory: { _ in Handler(log: self) })
    }

    package var lines: [String] { captured.withLock { $0 } }

    package var text: String { lines.joined(separator: "\n") }

    private struct Handler: LogHandler {
        let log: CapturedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info
        var metadataProvider: Logger.MetadataProvider?

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
            let line =
                "\(event.level) \(event.message) " + fields.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            log.captured.withLock { $0.append(line) }
        }
    }
}
