import Logging
import TestSupport
import Testing

@testable import Fetch

@Suite(.timeLimit(.minutes(1))) struct FetchFailureTests {
    @Test func theTotalLimitEndsAnExchange() async throws {
        let server = try TestServer { $0.waitForEnd() }
        let error = try await withServer(server) { server in
            try await withClient { client in
                try await failure {
                    _ = try await client.fetch(FetchRequest(url: server.url(), totalTimeout: .milliseconds(200)))
                }
            }
        }
        #expect(error.code == .timedOut)
        #expect(error.requestMayHaveBeenSent)
    }

    @Test func silenceEndsAnExchange() async throws {
        let server = try TestServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst")
            connection.waitForEnd()
        }
        let error = try await withServer(server) { server in
            try await withClient { client in
                try await failure {
                    _ = try await client.fetch(FetchRequest(url: server.url(), idleTimeout: .milliseconds(200)))
                }
            }
        }
        #expect(error.code == .idleTimedOut)
        #expect(error.requestMayHaveBeenSent)
    }

    @Test func aClosedPortIsCertainlyUnsent() async throws {
        let port = try Loopback.freePort()
        let error = try await withClient { client in
            try await failure {
                _ = try await client.fetch(FetchRequest(method: "POST", url: "http://127.0.0.1:\(port)/", body: [1]))
            }
        }
        #expect(error.code == .connectFailed)
        #expect(!error.requestMayHaveBeenSent)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"])
    func aConnectionThatBreaksIsReported(answer: String) async throws {
        let server = try TestServer { connection in
            _ = connection.readRequest()
            connection.send(answer)
        }
        let error = try await withServer(server) { server in
            try await withClient { client in
                try await failure {
                    _ = try await client.fetch(FetchRequest(method: "POST", url: server.url(), body: [1]))
                }
            }
        }
        #expect(error.code == .connectionLost)
        #expect(error.requestMayHaveBeenSent)
    }

    @Test(arguments: ["Content-Length: 1001\r\n", "Connection: close\r\n"])
    func aBodyAboveTheBoundIsRefused(header: String) async throws {
        let ended = Latch<Void>()
        let server = try TestServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\n\(header)\r\n" + String(repeating: "x", count: 1001))
            connection.waitForEnd()
            ended.open(())
        }
        try await withServer(server) { server in
            try await withClient { client in
                let error = try await failure {
                    _ = try await client.fetch(FetchRequest(url: server.url(), maxResponseBytes: 1000))
                }
                #expect(error.code == .responseTooLarge)
                await ended.wait()
            }
        }
    }

    @Test func aBodyAtTheBoundIsAccepted() async throws {
        let server = try TestServer.answering { connection, _ in
            connection.respond(body: [UInt8](repeating: 1, count: 1000))
        }
        let response = try await withServer(server) { server in
            try await withClient { try await $0.fetch(FetchRequest(url: server.url(), maxResponseBytes: 1000)) }
        }
        #expect(response.body.count == 1000)
    }

    @Test func headersAreBounded() async throws {
        let server = try TestServer.answering { connection, _ in
            connection.respond(headers: "X: \(String(repeating: "x", count: 3000))\r\n")
        }
        let error = try await withServer(server) { server in
            try await withClient({ $0.maxHeaderBytes = 2000 }) { client in
                try await failure { _ = try await client.fetch(FetchRequest(url: server.url())) }
            }
        }
        #expect(error.code == .responseTooLarge)
    }

    @Test func somethingElseThanHTTPIsAProtocolError() async throws {
        let server = try TestServer { connection in
            _ = connection.readRequest()
            connection.send("SSH-2.0-OpenSSH_9.2\r\n\r\n")
        }
        let error = try await withServer(server) { server in
            try await withClient { client in
                try await failure { _ = try await client.fetch(FetchRequest(url: server.url())) }
            }
        }
        #expect(error.code == .protocolError, "\(error)")
        #expect(error.requestMayHaveBeenSent)
    }

    @Test func cancellationClosesTheConnection() async throws {
        let arrived = Latch<Void>()
        let ended = Latch<Void>()
        let server = try TestServer { connection in
            _ = connection.readRequest()
            arrived.open(())
            connection.waitForEnd()
            ended.open(())
        }
        try await withServer(server) { server in
            try await withClient { client in
                let task = Task {
                    try await failure { _ = try await client.fetch(FetchRequest(url: server.url())) }
                }
                await arrived.wait()
                task.cancel()
                let error = try await task.value
                #expect(error.code == .cancelled)
                #expect(error.requestMayHaveBeenSent)
                await ended.wait()
            }
        }
    }

    @Test func aCancelledTaskSendsNothing() async throws {
        let server = try TestServer.answering { connection, _ in connection.respond() }
        try await withServer(server) { server in
            try await withClient { client in
                let task = Task {
                    try? await Task.sleep(for: .seconds(3600))
                    return try await failure { _ = try await client.fetch(FetchRequest(url: server.url())) }
                }
                task.cancel()
                let error = try await task.value
                #expect(error.code == .cancelled)
                #expect(!error.requestMayHaveBeenSent)
            }
            #expect(server.acceptCount == 0)
        }
    }

    @Test func shutdownEndsEverything() async throws {
        let arrived = Latch<Void>()
        let server = try TestServer { connection in
            _ = connection.readRequest()
            arrived.open(())
            connection.waitForEnd()
        }
        try await withServer(server) { server in
            try await withClient { client in
                async let running = failure { _ = try await client.fetch(FetchRequest(url: server.url())) }
                await arrived.wait()
                await client.shutdown()
                #expect(try await running.code == .closed)
                let late = try await failure { _ = try await client.fetch(FetchRequest(url: server.url())) }
                #expect(late.code == .closed)
                #expect(!late.requestMayHaveBeenSent)
            }
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct ClientLifetimeTests {
    @Test func lettingGoOfTheClientClosesItsConnections() async throws {
        let ended = Latch<Void>()
        let server = try TestServer { connection in
            _ = connection.readRequest()
            connection.respond()
            connection.waitForEnd()
            ended.open(())
        }
        try await withServer(server) { server in
            do {
                let client = try FetchClient(logger: Logger(label: "fetch.test"))
                #expect(try await client.fetch(FetchRequest(url: server.url())).status == 200)
                #expect(ended.value == nil)
            }
            await ended.wait()
        }
    }

    @Test func shutdownMayBeRepeated() async throws {
        let client = try FetchClient(logger: Logger(label: "fetch.test"))
        async let first: Void = client.shutdown()
        async let second: Void = client.shutdown()
        _ = await (first, second)
        await client.shutdown()
    }
}

/// What happens when the peer drops a kept-alive connection instead of answering the second request on it.
@Suite(.timeLimit(.minutes(1))) struct StaleConnectionTests {
    private func server(seen: Latch<Void>) throws -> TestServer {
        try TestServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.respond(text: "\(connection.number)")
            guard connection.number == 1, connection.readRequest() != nil else { return connection.waitForEnd() }
            seen.open(())
        }
    }

    @Test func aPostIsNotRepeated() async throws {
        let seen = Latch<Void>()
        try await withServer(server(seen: seen)) { server in
            try await withClient { client in
                _ = try await client.fetch(FetchRequest(url: server.url()))
                let error = try await failure {
                    _ = try await client.fetch(FetchRequest(method: "POST", url: server.url(), body: [1]))
                }
                await seen.wait()
                #expect(error.code == .connectionLost)
                #expect(error.requestMayHaveBeenSent)
            }
        }
    }

    @Test func aGetIsRepeated() async throws {
        let seen = Latch<Void>()
        try await withServer(server(seen: seen)) { server in
            try await withClient { client in
                _ = try await client.fetch(FetchRequest(url: server.url()))
                let response = try await client.fetch(FetchRequest(url: server.url()))
                await seen.wait()
                #expect(response.text == "2")
            }
        }
    }
}
