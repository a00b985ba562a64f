import Logging
import TestSupport

@testable import Fetch

/// Lends a client for one scope and shuts it down.
func withClient<Value: Sendable>(
    _ configure: (inout FetchConfiguration) -> Void = { _ in },
    _ body: (FetchClient) async throws -> Value
) async throws -> Value {
    var configuration = FetchConfiguration()
    configure(&configuration)
    let client = try FetchClient(configuration: configuration, logger: Logger(label: "fetch.test"))
    do {
        let value = try await body(client)
        await client.shutdown()
        return value
    } catch {
        await client.shutdown()
        throw error
    }
}

/// Lends a server for one scope and stops it.
func withServer<Value: Sendable>(
    _ server: TestServer,
    _ body: (TestServer) async throws -> Value
) async throws -> Value {
    defer { server.stop() }
    return try await body(server)
}

/// The error of an exchange that must fail.
func failure(of exchange: () async throws -> Void) async throws -> FetchError {
    do {
        try await exchange()
    } catch let error as FetchError {
        return error
    }
    throw UnexpectedSuccess()
}

struct UnexpectedSuccess: Error {}

extension FetchResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}
