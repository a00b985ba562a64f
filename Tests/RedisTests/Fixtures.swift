import Logging
import Redis
import Synchronization
import TestSupport

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Lends a client, and shuts it down.
func withClient<Value>(
    _ configuration: RedisConfiguration,
    _ body: (RedisClient) async throws -> Value
) async throws -> Value {
    let client = try RedisClient(configuration: configuration, logger: quiet)
    do {
        let value = try await body(client)
        await client.shutdown()
        return value
    } catch {
        await client.shutdown()
        throw error
    }
}

/// Lends a server of its own and a client to it.
func withServer<Value>(
    arguments: [String] = [],
    configure: (inout RedisConfiguration) -> Void = { _ in },
    _ body: (RedisServer, RedisClient) async throws -> Value
) async throws -> Value {
    try await RedisServer.with(arguments: arguments) { server in
        var configuration = try RedisConfiguration(url: server.url)
        configure(&configuration)
        return try await withClient(configuration) { client in try await body(server, client) }
    }
}

/// The error that `body` throws; `nil` when it throws none.
func redisError(_ body: () async throws -> Void) async -> RedisError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? RedisError
    }
}

/// Events of callbacks, to be awaited by a test.
final class EventLog<Event: Sendable>: Sendable {
    private let stream: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func append(_ event: Event) { continuation.yield(event) }

    /// The next event that has not been awaited yet. For one reader.
    func next() async -> Event? {
        for await event in stream { return event }
        return nil
    }
}

/// Asks the server for the state of its clients until `condition` holds; the test's time limit bounds it.
func waitForClients(
    _ observer: RedisClient,
    _ condition: (String) -> Bool
) async throws {
    while !condition(try await observer.send("CLIENT", "LIST").string ?? "") {
        try await Task.sleep(for: .milliseconds(5))
    }
}
