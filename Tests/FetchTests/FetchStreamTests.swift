import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Fetch

@Suite(.timeLimit(.minutes(1))) struct FetchStreamTests {
    @Test func piecesArriveAsTheyAreSent() async throws {
        let firstRead = DispatchSemaphore(value: 0)
        let server = try TestServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 201 X\r\nTransfer-Encoding: chunked\r\nX: 1\r\n\r\n5\r\nfirst\r\n")
            // Not before the reader has got the first piece.
            firstRead.wait()
            connection.send("6\r\nsecond\r\n0\r\n\r\n")
            connection.waitForEnd()
        }
        try await withServer(server) { server in
            try await withClient { client in
                let stream = try await client.stream(FetchRequest(url: server.url()))
                #expect(stream.status == 201)
                #expect(stream.headers["x"] == "1")
                var chunks = stream.chunks.makeAsyncIterator()
                let first = try await chunks.next()
                #expect(first == Array("first".utf8))
                #expect(stream.timing == nil)
                firstRead.signal()
                let second = try await chunks.next()
                #expect(second == Array("second".utf8))
                for _ in 0..<2 {
                    let end = try await chunks.next()
                    #expect(end == nil)
                }
                #expect(stream.timing?.reusedConnection == false)
            }
        }
    }

    @Test func aBreakComesAfterTheBytesBeforeIt() async throws {
        let server = try TestServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        }
        try await withServer(server) { server in
            try await withClient { client in
                let stream = try await client.stream(FetchRequest(url: server.url()))
                var received: [UInt8] = []
                let error = try await failure { for try await chunk in stream.chunks { received += chunk } }
                #expect(received == Array("half".utf8))
                #expect(error.code == .connectionLost)
            }
        }
    }

    @Test func failuresBeforeTheHeadAreThrown() async throws {
        let port = try Loopback.freePort()
        try await withClient { client in
            let error = try await failure {
                _ = try await client.stream(FetchRequest(url: "http://127.0.0.1:\(port)"))
            }
            #expect(error.code == .connectFailed)
        }
    }

    @Test func theBoundAppliesToStreams() async throws {
        let server = try TestServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 5000))
            connection.waitForEnd()
        }
        try await withServer(server) { server in
            try await withClient { client in
                let stream = try await client.stream(FetchRequest(url: server.url(), maxResponseBytes: 4000))
                let error = try await failure { for try await _ in stream.chunks {} }
                #expect(error.code == .responseTooLarge)
            }
        }
    }

    @Test func lettingGoClosesTheConnection() async throws {
        let ended = Latch<Void>()
        try await withServer(endlessServer(ended: ended)) { server in
            try await withClient { client in
                let status = try await client.stream(FetchRequest(url: server.url())).status
                #expect(status == 200)
                await ended.wait()
            }
        }
    }

    @Test func cancellingTheReaderClosesTheConnection() async throws {
        let ended = Latch<Void>()
        let reading = Latch<Void>()
        try await withServer(endlessServer(ended: ended)) { server in
            try await withClient { client in
                let stream = try await client.stream(FetchRequest(url: server.url()))
                let reader = Task {
                    try await failure {
                        for try await _ in stream.chunks { reading.open(()) }
                    }
                }
                await reading.wait()
                reader.cancel()
                #expect(try await reader.value.code == .cancelled)
                await ended.wait()
            }
        }
    }

    /// Sends a head and one byte, then waits for the end.
    private func endlessServer(ended: Latch<Void>) throws -> TestServer {
        try TestServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
            connection.waitForEnd()
            ended.open(())
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct BackPressureTests {
    /// Pushes `total` bytes; tells how many the kernel took before there was no room for a while.
    private func pushingServer(total: Int, stalledAt: Latch<Int>) throws -> TestServer {
        try TestServer { connection in
            _ = connection.readRequest()
            connection.limitSending(milliseconds: 300)
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            let block = [UInt8](repeating: 7, count: 64 << 10)
            var sent = 0
            while sent < total {
                let wanted = min(block.count, total - sent)
                let taken = connection.sent(Array(block[..<wanted]))
                sent += taken
                if taken < wanted { stalledAt.open(sent) }
            }
            stalledAt.open(sent)
            connection.waitForEnd()
        }
    }

    @Test func aReaderThatWaitsHoldsTheServerBack() async throws {
        let total = 128 << 20
        let stalledAt = Latch<Int>()
        try await withServer(pushingServer(total: total, stalledAt: stalledAt)) { server in
            try await withClient { client in
                let stream = try await client.stream(
                    FetchRequest(url: server.url(), idleTimeout: .milliseconds(100), maxResponseBytes: total)
                )
                // The idle limit is shorter than the pause: waiting for the reader does not count.
                #expect(await stalledAt.wait() < total / 2)
                var received = 0
                for try await chunk in stream.chunks { received += chunk.count }
                #expect(received == total)
            }
        }
    }

    @Test func otherExchangesGoOnMeanwhile() async throws {
        let total = 64 << 20
        let stalledAt = Latch<Int>()
        let other = try TestServer.answering { $0.respond(text: $1.target) }
        try await withServer(pushingServer(total: total, stalledAt: stalledAt)) { server in
            try await withServer(other) { other in
                try await withClient { client in
                    let stream = try await client.stream(FetchRequest(url: server.url(), maxResponseBytes: total))
                    _ = await stalledAt.wait()
                    #expect(try await client.fetch(FetchRequest(url: other.url("/a"))).text == "/a")
                    stream.cancel()
                }
            }
        }
    }
}
