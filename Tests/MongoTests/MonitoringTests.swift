import Logging
import Mongo
import Telemetry
import TestSupport
import Testing

/// What operators see of the driver.
@Suite struct MonitoringTests {
    @Test(.timeLimit(.minutes(1))) func commandsAreTimedAndFailuresCounted() async throws {
        try await MongoServer.with { server in
            let registry = MetricsRegistry()
            let configuration = MongoConfiguration(
                uri: server.uri(database: "x", options: "?serverSelectionTimeoutMS=1500"),
                defaultDatabase: "penstock",
                threads: 1
            )
            let client = try MongoClient(configuration, logger: Logger(label: "test"), metrics: registry)
            try await client.run { session in _ = try session.insert([["_id": 1], ["_id": 2]], into: "things") }
            let numbers = try await client.run { session in try session.find([:], in: "things") { try $0.int("_id") } }
            #expect(numbers == [1, 2])
            // The connection breaks under the command.
            try await server.kill()
            await #expect(throws: MongoError.self) {
                try await client.run { session in try session.command(["ping": 1]) }
            }
            await client.close()
            let text = registry.prometheusText()
            for command in ["insert", "find", "ping"] {
                #expect(text.contains("penstock_mongodb_command_seconds_count{command=\"\(command)\"}"))
            }
            let failures = text.split(separator: "\n").first { $0.hasPrefix("penstock_mongodb_command_failures") }
            #expect(failures != nil)
        }
    }

    @Test(.timeLimit(.minutes(1))) func theDatabaseOfTheURIWins() async throws {
        try await MongoServer.with { server in
            for (uri, database) in [
                ("mongodb://127.0.0.1:\(server.port)", "penstock"), (server.uri(database: "x"), "x"),
            ] {
                let client = try MongoClient.make(uri)
                #expect(try await client.run { session in session.database } == database)
                await client.close()
            }
        }
    }
}
