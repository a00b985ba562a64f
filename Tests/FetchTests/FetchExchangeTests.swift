import Foundation
import TestSupport
import Testing

@testable import Fetch

@Suite(.timeLimit(.minutes(1))) struct FetchExchangeTests {
    @Test func statusHeadersAndBodyComeBack() async throws {
        let server = try TestServer.answering { connection, request in
            let seen = ["content-type", "x-a", "user-agent", "expect", "content-length"]
                .map { "\($0)=\(request.headers[$0] ?? "none")" }.joined(separator: " ")
            let head = "HTTP/1.1 418 Teapot\r\nX-Name: caf".utf8 + [0xE9]
            let length = request.body.count
            connection.send(
                head + Array("\r\nX-Seen: \(request.method) \(seen)\r\nContent-Length: \(length)\r\n\r\n".utf8)
            )
            connection.send(request.body)
        }
        let body = Array("{\"a\": 1}".utf8)
        let response = try await withServer(server) { server in
            try await withClient { client in
                try await client.fetch(
                    FetchRequest(
                        method: "POST",
                        url: server.url(),
                        headers: ["Content-Type": "application/json", "X-A": "b"],
                        body: body
                    )
                )
            }
        }
        #expect(response.status == 418)
        #expect(response.headers["x-name"] == "café")
        let seen = "POST content-type=application/json x-a=b user-agent=penstock expect=none content-length=8"
        #expect(response.headers["X-Seen"] == seen)
        #expect(response.body == body)
        #expect(response.timing.httpVersion == .http11)
        #expect(!response.timing.reusedConnection)
        #expect(response.timing.total >= response.timing.firstByte)
        #expect(response.timing.firstByte >= response.timing.connect)
    }

    @Test(
        arguments: [
            ("GET", nil), ("HEAD", nil), ("DELETE", nil), ("PUT", "x"), ("PATCH", "x"), ("DELETE", "x"), ("POST", nil),
        ] as [(String, String?)]
    )
    func methodsGoOutAsGiven(method: String, body: String?) async throws {
        let server = try TestServer.answering { connection, request in
            let length = request.headers["content-length"] ?? "none"
            connection.send(
                "HTTP/1.1 200 OK\r\nX-Seen: \(request.method) \(request.body.count) \(length)\r\nContent-Length: 0\r\n\r\n"
            )
        }
        let response = try await withServer(server) { server in
            try await withClient { client in
                try await client.fetch(
                    FetchRequest(method: method, url: server.url(), body: body.map { Array($0.utf8) })
                )
            }
        }
        let length = body != nil ? "1" : method == "POST" ? "0" : "none"
        #expect(response.headers["x-seen"] == "\(method) \(body == nil ? 0 : 1) \(length)")
    }

    @Test func bigBodiesGoBothWays() async throws {
        let server = try TestServer.answering { $0.respond(body: $1.body) }
        let body = (0..<(12 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 9)) }
        let response = try await withServer(server) { server in
            try await withClient { client in
                try await client.fetch(FetchRequest(method: "POST", url: server.url(), body: body))
            }
        }
        #expect(response.body == body)
    }

    @Test func redirectsAreNotFollowed() async throws {
        let server = try TestServer.answering { connection, _ in
            connection.respond(302, headers: "Location: /elsewhere\r\n")
        }
        let response = try await withServer(server) { server in
            try await withClient { try await $0.fetch(FetchRequest(url: server.url())) }
        }
        #expect(response.status == 302)
        #expect(response.headers["location"] == "/elsewhere")
    }

    @Test func connectionsAreReused() async throws {
        let server = try TestServer.answering { $0.respond(text: "\($0.number)\($1.target)") }
        try await withServer(server) { server in
            try await withClient { client in
                for turn in 0..<5 {
                    let response = try await client.fetch(FetchRequest(url: server.url("/\(turn)")))
                    #expect(response.text == "1/\(turn)")
                    #expect(response.timing.reusedConnection == (turn > 0))
                }
            }
            #expect(server.acceptCount == 1)
        }
    }

    @Test func onlyHTTPIsSpoken() async throws {
        try await withClient { client in
            for url in ["file:///etc/hostname", "ftp://127.0.0.1/", "http://", "://"] {
                let error = try await failure { _ = try await client.fetch(FetchRequest(url: url)) }
                #expect(error.code == .invalidRequest, "\(url): \(error)")
                #expect(!error.requestMayHaveBeenSent)
            }
        }
    }

    @Test func fiveHundredSlowExchangesRunAtOnce() async throws {
        let count = 500
        // No request is answered before the last one has arrived.
        let gate = Gate(count)
        let server = try TestServer.answering { connection, request in
            gate.pass()
            connection.respond(text: request.target)
        }
        try await withServer(server) { server in
            try await withClient { client in
                let answers = try await withThrowingTaskGroup(of: String.self) { group in
                    for number in 0..<count {
                        group.addTask { try await client.fetch(FetchRequest(url: server.url("/\(number)"))).text }
                    }
                    return try await group.reduce(into: Set<String>()) { $0.insert($1) }
                }
                #expect(answers.count == count)
            }
            #expect(server.acceptCount == count)
        }
    }

    @Test func connectionsPerHostCanBeLimited() async throws {
        let server = try TestServer.answering { $0.respond(text: $1.target) }
        try await withServer(server) { server in
            try await withClient({ $0.maxConnectionsPerHost = 2 }) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<40 {
                        group.addTask { _ = try await client.fetch(FetchRequest(url: server.url())) }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(server.acceptCount <= 2)
        }
    }
}
