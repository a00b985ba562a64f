package import CoreMetrics
package import Logging
import Mongo
package import Penstock

/// How the MongoDB ledger is reached and how much it does at once.
package struct MongoLedgerConfiguration: Sendable {
    /// `mongodb://` or `mongodb+srv://`; its database is `penstock` where it names none.
    package var uri: Secret
    /// Operations at once, each with a connection of its own.
    package var threads: Int
    /// Most completions that share a bulk write.
    package var groupWrites: Int
    /// Bulk writes of completions at once.
    package var groupsInFlight: Int

    package init(uri: Secret, threads: Int = 8, groupWrites: Int = 500, groupsInFlight: Int = 2) {
        self.uri = uri
        self.threads = threads
        self.groupWrites = groupWrites
        self.groupsInFlight = groupsInFlight
    }
}

/// The ledger of any number of machines: one MongoDB database, shared by all processes.
///
/// There are no transactions. Each promise stands on single documents and on the order of writes: a crash in between
/// leaves what a repeat completes. Collections, fields and indexes: `ops/mongodb.md`.
///
/// The cancellation of the calling task reaches no operation that has begun.
package final class MongoLedger: Ledger {
    private let client: MongoClient
    let completions: CompletionWriter
    private let gate = Gate()

    /// Finds the server and makes the indexes that are missing. Blocks: meant for the start of a process.
    ///
    /// - Throws: `LedgerUnavailable`, also when a newer version of Penstock made the database; `InvalidLedgerURI`.
    package init(_ configuration: MongoLedgerConfiguration, logger: Logger, metrics: any MetricsFactory) throws {
        let mongo = MongoConfiguration(
            uri: configuration.uri.revealed,
            defaultDatabase: "penstock",
            threads: configuration.threads
        )
        do {
            client = try MongoClient(mongo, logger: logger, metrics: metrics) { session in
                try MongoSchema.prepare(session)
            }
        } catch let error as MongoError where error.kind == .invalid {
            throw InvalidLedgerURI(reason: error.description)
        } catch {
            throw ledgerError(error)
        }
        completions = CompletionWriter(
            client: client,
            limit: GroupLimit(writes: configuration.groupWrites, bytes: 8 << 20),
            inFlight: configuration.groupsInFlight,
            logger: logger
        )
    }

    /// Waits for every operation that has begun, then closes the connections. Later operations throw
    /// `LedgerUnavailable`.
    package func close() async {
        await gate.close()
        await client.close()
    }

    /// Runs an operation on one of the client's threads.
    @discardableResult
    func run<Value: Sendable>(_ operation: @escaping @Sendable (borrowing MongoSession) throws -> Value) async throws
        -> Value
    {
        try await pass { try await client.run(operation) }
    }

    /// Lets an operation in unless the ledger is closing, and makes its errors the port's.
    func pass<Value>(_ operation: () async throws -> Value) async throws -> Value {
        try await gate.pass {
            do {
                return try await operation()
            } catch {
                throw ledgerError(error)
            }
        }
    }
}

/// The connection string is wrong. The reason holds no secret.
package struct InvalidLedgerURI: Error, CustomStringConvertible {
    package let reason: String

    package var description: String { "the ledger's URI is wrong: \(reason)" }
}
