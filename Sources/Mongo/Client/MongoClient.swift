package import CoreMetrics
package import Logging
import Telemetry

/// A client of one MongoDB deployment.
///
/// Operations are closures that run on threads of the client's own and return plain values. Each thread owns one
/// connection for life, so an operation never waits for a connection while it holds a thread. The cancellation of a
/// calling task does not reach an operation that was queued.
package final class MongoClient: Sendable {
    private let threads: MongoThreads

    /// Makes the client. Blocks while it looks for the server, at most for the server selection timeout: meant for the
    /// start of a process.
    ///
    /// - Parameter prepare: runs first, on the calling thread: makes indexes, for example.
    /// - Throws: `invalid` for a wrong URI, `unavailable`, `timeout` or `authentication` when no server lets us in, and
    ///   what `prepare` throws.
    package init(
        _ configuration: MongoConfiguration,
        logger: Logger,
        metrics: any MetricsFactory,
        prepare: (borrowing MongoSession) throws -> Void = { _ in }
    ) throws {
        DriverLog.send(to: logger)
        let probe = try MongoPool(configuration, declaresStableAPI: false, metrics: metrics)
        let supportsStableAPI = try probe.withClient { session in
            let supportsStableAPI = try Self.knowsStableAPI(session)
            try prepare(session)
            return supportsStableAPI
        }
        let pool = try MongoPool(configuration, declaresStableAPI: supportsStableAPI, metrics: metrics)
        threads = try MongoThreads(pool, count: configuration.threads)
        logger.info(
            "mongodb is there",
            [.name: .text(pool.database), .version: supportsStableAPI ? "stable API 1" : "no stable API"]
        )
    }

    deinit {
        threads.end()
    }

    /// Runs `operation` on one of the client's threads.
    ///
    /// - Throws: what `operation` throws, or `closed`.
    package func run<Value: Sendable>(
        _ operation: @escaping @Sendable (borrowing MongoSession) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = submit { session in
                do {
                    continuation.resume(returning: try operation(session))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
            if !isTaken { continuation.resume(throwing: MongoError(.closed, "the client is closed")) }
        }
    }

    /// Queues an operation that tells its outcome by itself.
    ///
    /// - Returns: false when the client is closed; the operation then does not run.
    package func submit(_ operation: @escaping @Sendable (borrowing MongoSession) -> Void) -> Bool {
        threads.submit(operation)
    }

    /// Finishes what is queued and closes the connections.
    package func close() async {
        await threads.close()
    }

    /// Whether the server knows the Stable API. One that does not (DocumentDB, MongoDB before 5) refuses the field.
    private static func knowsStableAPI(_ session: borrowing MongoSession) throws(MongoError) -> Bool {
        try session.command(["ping": 1])
        do throws(MongoError) {
            try session.command(["ping": 1, "apiVersion": "1", "apiStrict": true])
            return true
        } catch {
            guard error.kind == .server else { throw error }
            return false
        }
    }
}
