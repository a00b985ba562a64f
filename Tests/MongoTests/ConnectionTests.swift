import Glibc
import Mongo
import TestSupport
import Testing

/// Servers that are not there, do not answer, or do not let us in.
@Suite(.serialized) struct ConnectionTests {
    @Test(.timeLimit(.minutes(1))) func nobodyListens() throws {
        let port = try Loopback.freePort()
        let start = ContinuousClock.now
        let error = try #require(refusal("mongodb://user:hunter2@127.0.0.1:\(port)/"))
        #expect(error.kind == .unavailable)
        #expect(error.description.contains("127.0.0.1:\(port)"))
        #expect(!error.description.contains("hunter2"))
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test(.timeLimit(.minutes(1))) func tlsWithAServerThatHasNone() async throws {
        try await MongoServer.with { server in
            let log = LogLines()
            let uri = "mongodb://user:hunter2@127.0.0.1:\(server.port)/?tls=true"
            let error = try #require(refusal(uri, logger: log.logger, patience: 5000))
            #expect(error.kind != .server)
            #expect(error.description.contains("TLS"))
            #expect(!error.description.contains("hunter2"))
            #expect(!log.text.contains("hunter2"))
        }
    }

    @Test(.timeLimit(.minutes(1))) func credentialsThatTheServerCannotCheck() async throws {
        try await MongoServer.with { server in
            let log = LogLines()
            let uri = "mongodb://user:hunter2@127.0.0.1:\(server.port)/?authMechanism=SCRAM-SHA-256"
            let error = try #require(refusal(uri, logger: log.logger))
            #expect(!error.description.contains("hunter2"))
            #expect(!log.text.contains("hunter2"))
        }
    }

    @Test(.timeLimit(.minutes(1))) func aServerThatDiesAndComesBack() async throws {
        try await MongoServer.with { server in
            let client = try MongoClient.make(server.uri(database: "x"), patience: 1500)
            try await client.run { session in _ = try session.insert([["_id": 1]], into: "things") }
            try await server.kill()
            let start = ContinuousClock.now
            await #expect(throws: MongoError.self) {
                try await client.run { session in _ = try session.insert([["_id": 2]], into: "things") }
            }
            #expect(ContinuousClock.now - start < .seconds(10))
            try await server.restart()
            try await eventually {
                try await client.run { session in try session.find([:], in: "things") { try $0.int("_id") } } == [1]
            }
            await client.close()
        }
    }

    @Test(.timeLimit(.minutes(1))) func aServerThatHangs() async throws {
        try await MongoServer.with { server in
            let client = try MongoClient.make(
                server.uri(database: "x", options: "?socketTimeoutMS=1000"),
                patience: 1500
            )
            server.freeze()
            do {
                try await client.run { session in try session.command(["ping": 1]) }
                Issue.record("a frozen server answered")
            } catch let error as MongoError {
                #expect([.timeout, .unavailable].contains(error.kind))
            }
            server.thaw()
            try await eventually {
                try await client.run { session in try session.command(["ping": 1]) }
                return true
            }
            await client.close()
        }
    }

    @Test(.timeLimit(.minutes(1))) func aClosedClientSaysSo() async throws {
        try await MongoServer.with { server in
            let client = try MongoClient.make(server.uri(database: "x"))
            async let last: Void = client.run { session in try session.command(["ping": 1]) }
            try await last
            await client.close()
            do {
                try await client.run { session in try session.command(["ping": 1]) }
                Issue.record("a closed client ran something")
            } catch let error as MongoError {
                #expect(error.kind == .closed)
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func refusedDocumentsAreNamed() async throws {
        try await MongoServer.with { server in
            let client = try MongoClient.make(server.uri(database: "x"))
            let refused = try await client.run { session in
                _ = try session.insert([["_id": "b"]], into: "things")
                return try session.insert([["_id": "a"], ["_id": "b"], ["_id": "c"], ["_id": "a"]], into: "things")
            }
            #expect(refused.map(\.index) == [1, 3])
            #expect(refused.map(\.error.kind) == [.duplicateKey, .duplicateKey])
            let ids = try await client.run { session in
                try session.find([:], in: "things", sort: ["_id": 1]) { try $0.text("_id") }
            }
            #expect(ids == ["a", "b", "c"])
            await client.close()
        }
    }

    /// Until `condition` holds; its errors count as no.
    private func eventually(_ condition: () async throws -> Bool) async throws {
        while (try? await condition()) != true { try await Task.sleep(for: .milliseconds(50)) }
    }
}
