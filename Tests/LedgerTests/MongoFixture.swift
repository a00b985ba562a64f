import CoreMetrics
import Glibc
import Ledger
import Logging
import Mongo
import Penstock
import Synchronization
import TestSupport
import Testing

/// One `nx-27017` for a whole suite.
struct MongoServerTrait: SuiteTrait, TestScoping {
    var isRecursive: Bool { false }

    @concurrent func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await MongoServer.with { server in
            try await MongoFixture.$server.withValue(server) { try await function() }
        }
    }
}

extension Trait where Self == MongoServerTrait {
    static var mongoServer: Self { MongoServerTrait() }
}

/// Ledgers on one database of their own, closed at the end.
final class MongoFixture: Sendable {
    @TaskLocal static var server: MongoServer?

    let uri: String
    private let ledgers = Mutex<[MongoLedger]>([])

    private init(uri: String) {
        self.uri = uri
    }

    func open(threads: Int = 4, logger: Logger = Logger(label: "test")) throws -> MongoLedger {
        let ledger = try MongoLedger(
            MongoLedgerConfiguration(uri: Secret(uri), threads: threads),
            logger: logger,
            metrics: NOOPMetricsHandler.instance
        )
        ledgers.withLock { $0.append(ledger) }
        return ledger
    }

    /// Runs an operation on the fixture's database, beside the ledger.
    func onDatabase<Value: Sendable>(_ body: @escaping @Sendable (MongoSession) throws -> Value) async throws
        -> Value
    {
        let configuration = MongoConfiguration(uri: uri, defaultDatabase: "penstock", threads: 1)
        let client = try MongoClient(
            configuration,
            logger: Logger(label: "test"),
            metrics: NOOPMetricsHandler.instance
        )
        let value = try await client.run(body)
        await client.close()
        return value
    }

    /// A database of the suite's server. By default it has its time: nx-27017 writes 5,000 rows at once in seconds, and
    /// everybody else's checks are written meanwhile.
    static func with(options: String = "?socketTimeoutMS=60000", _ body: (MongoFixture) async throws -> Void)
        async throws
    {
        let server = try #require(server)
        try await with(uri: server.uri(database: randomName(), options: options), body)
    }

    /// A database of the server that `PENSTOCK_TEST_MONGODB_URI` names, dropped afterwards.
    static func withNamedServer(_ body: (MongoFixture) async throws -> Void) async throws {
        let uri = try #require(namedServer)
        try await with(uri: name(database: randomName(), in: uri)) { fixture in
            do {
                try await body(fixture)
            } catch {
                try await fixture.onDatabase { session in try session.command(["dropDatabase": 1]) }
                throw error
            }
            try await fixture.onDatabase { session in try session.command(["dropDatabase": 1]) }
        }
    }

    static var namedServer: String? { getenv("PENSTOCK_TEST_MONGODB_URI").map { String(cString: $0) } }

    private static func with(uri: String, _ body: (MongoFixture) async throws -> Void) async throws {
        let fixture = MongoFixture(uri: uri)
        do {
            try await body(fixture)
        } catch {
            await fixture.close()
            throw error
        }
        await fixture.close()
    }

    private func close() async {
        for ledger in ledgers.withLock({ $0 }) { await ledger.close() }
    }

    private static func randomName() -> String { "penstock_test_\(UInt32.random(in: 0 ... .max))" }

    private static func name(database: String, in uri: String) -> String {
        let options = uri.split(separator: "?", maxSplits: 1)
        let parts = options[0].split(separator: "/", omittingEmptySubsequences: false)
        return "\(parts[0])//\(parts[2])/\(database)" + (options.count > 1 ? "?\(options[1])" : "")
    }
}
