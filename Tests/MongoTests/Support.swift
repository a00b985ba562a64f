import CoreMetrics
import Logging
import Mongo
import Synchronization

extension MongoClient {
    /// A client of a test, on two threads.
    static func make(_ uri: String, logger: Logger = Logger(label: "test"), patience: Int32 = 5000) throws -> MongoClient {
        var configuration = MongoConfiguration(uri: uri, defaultDatabase: "penstock", threads: 2)
        configuration.serverSelectionTimeout = patience
        return try MongoClient(configuration, logger: logger, metrics: NOOPMetricsHandler.instance)
    }
}

/// Why a client cannot be made.
func refusal(_ uri: String, logger: Logger = Logger(label: "test"), patience: Int32 = 1000) -> MongoError? {
    do {
        _ = try MongoClient.make(uri, logger: logger, patience: patience)
        return nil
    } catch {
        return error as? MongoError
    }
}

/// What was logged.
final class LogLines: Sendable {
    let lines = Mutex<[String]>([])

    var logger: Logger { Logger(label: "captured") { _ in CapturingHandler(lines: self) } }
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
}

private struct CapturingHandler: LogHandler {
    let lines: LogLines
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    init(lines: LogLines) {
        self.lines = lines
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }
}
