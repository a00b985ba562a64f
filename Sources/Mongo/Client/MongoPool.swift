import CMongoC
import CoreMetrics

/// libmongoc's pool: one picture of the servers, kept up to date by its own threads, for all our clients.
///
/// Thread-safe by libmongoc's contract, hence unchecked.
final class MongoPool: @unchecked Sendable {
    let database: String
    private let pointer: OpaquePointer
    /// Kept alive: the pool calls it.
    private let monitor: CommandMonitor

    /// Once per process, thread-safe by being lazy.
    private static let driver: Void = {
        mongoc_log_set_handler(DriverLog.handler, nil)
        mongoc_init()
    }()

    /// Contacts nobody yet, except DNS for `mongodb+srv://`.
    ///
    /// - Parameter declaresStableAPI: every command says that it keeps to the Stable API's version 1, and the server
    ///   refuses those that do not.
    /// - Throws: `invalid`.
    init(_ configuration: MongoConfiguration, declaresStableAPI: Bool, metrics: any MetricsFactory) throws(MongoError) {
        _ = Self.driver
        let uri = try MongoURI(configuration)
        defer { withExtendedLifetime(uri) {} }
        database = uri.database
        var error = bson_error_t()
        guard let pool = mongoc_client_pool_new_with_error(uri.pointer, &error) else { throw MongoError(error) }
        pointer = pool
        monitor = CommandMonitor(factory: metrics)
        mongoc_client_pool_set_error_api(pool, MONGOC_ERROR_API_VERSION_2)
        monitor.watch(pool)
        if declaresStableAPI { Self.declareStableAPI(pool) }
    }

    deinit {
        mongoc_client_pool_destroy(pointer)
    }

    /// Lends a client to a thread for the thread's life.
    func withClient<Value>(_ body: (MongoSession) throws -> Value) rethrows -> Value {
        // There are as many clients as threads, so this never waits.
        let client = mongoc_client_pool_pop(pointer)
        defer { mongoc_client_pool_push(pointer, client) }
        guard let client else { preconditionFailure("a pool that has no client") }
        return try body(MongoSession(client: client, database: database))
    }

    private static func declareStableAPI(_ pool: OpaquePointer) {
        let api = mongoc_server_api_new(MONGOC_SERVER_API_V1)
        defer { mongoc_server_api_destroy(api) }
        mongoc_server_api_strict(api, true)
        // Fails only for a pool that has one already.
        mongoc_client_pool_set_server_api(pool, api, nil)
    }
}
