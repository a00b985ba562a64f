import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Fetch

@Suite(.timeLimit(.minutes(1))) struct AddressPolicyTests {
    @Test func aRefusedAddressIsNotConnectedTo() async throws {
        let asked = Mutex<[FetchAddress]>([])
        let server = try TestServer.answering { connection, _ in connection.respond() }
        try await withServer(server) { server in
            let policy: FetchConfiguration.AddressPolicy = { address in
                asked.withLock { $0.append(address) }
                return address.bytes.first != 127
            }
            try await withClient({ $0.addressPolicy = policy }) { client in
                let error = try await failure { _ = try await client.fetch(FetchRequest(url: server.url())) }
                #expect(error.code == .addressRefused)
                #expect(!error.requestMayHaveBeenSent)
            }
            #expect(server.acceptCount == 0)
            #expect(asked.withLock { $0 } == [FetchAddress(bytes: [127, 0, 0, 1], port: server.port)])
        }
    }

    @Test func anAllowedAddressIs() async throws {
        let server = try TestServer.answering { connection, _ in connection.respond() }
        let response = try await withServer(server) { server in
            try await withClient({ $0.addressPolicy = { $0.bytes == [127, 0, 0, 1] } }) { client in
                try await client.fetch(FetchRequest(url: server.url()))
            }
        }
        #expect(response.status == 200)
    }
}

@Suite(.timeLimit(.minutes(1))) struct ProxyTests {
    @Test func environmentVariablesAreIgnored() async throws {
        let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"]
        // Nothing listens on port 1: an exchange that went there would fail.
        for name in names { setenv(name, "http://127.0.0.1:1", 1) }
        defer { for name in names { unsetenv(name) } }
        let server = try TestServer.answering { $0.respond(text: $1.target) }
        let response = try await withServer(server) { server in
            try await withClient { try await $0.fetch(FetchRequest(url: server.url("/direct"))) }
        }
        #expect(response.text == "/direct")
    }

    @Test func aConfiguredProxyIsUsedWhateverNoProxySays() async throws {
        setenv("no_proxy", "*", 1)
        defer { unsetenv("no_proxy") }
        let proxy = try TestServer.answering { $0.respond(text: $1.target) }
        let response = try await withServer(proxy) { proxy in
            try await withClient({ $0.proxy = proxy.url() }) { client in
                try await client.fetch(FetchRequest(url: "http://127.0.0.1:1/behind"))
            }
        }
        #expect(response.text == "http://127.0.0.1:1/behind")
    }
}

/// Against an nginx with a certificate of its own, in front of a test server.
@Suite(.timeLimit(.minutes(1))) struct HTTP2Tests {
    private func withNginx(
        _ upstream: TestServer,
        _ body: (Nginx) async throws -> Void
    ) async throws {
        try await withServer(upstream) { upstream in
            let nginx = try await Nginx(upstream: upstream.port)
            let result: Result<Void, any Error>
            do { result = .success(try await body(nginx)) } catch { result = .failure(error) }
            await nginx.stop()
            try result.get()
        }
    }

    @Test(arguments: [
        (FetchRequest.Version.automatic, FetchVersion.http2), (.http2TLS, .http2), (.http1, .http11),
    ])
    func theVersionIsNegotiated(asked: FetchRequest.Version, spoken: FetchVersion) async throws {
        try await withNginx(.answering { $0.respond(body: $1.body) }) { nginx in
            try await withClient({ $0.caFile = nginx.caFile }) { client in
                let body = [UInt8](repeating: 3, count: 1 << 20)
                let response = try await client.fetch(
                    FetchRequest(method: "POST", url: nginx.url(), body: body, httpVersion: asked)
                )
                #expect(response.timing.httpVersion == spoken)
                #expect(response.body == body)
                #expect(response.timing.connect > .zero)
            }
        }
    }

    @Test func requestsShareOneConnection() async throws {
        let count = 40
        // All of them must be under way at once, or none is answered.
        let gate = Gate(count)
        let upstream = try TestServer.answering { connection, request in
            gate.pass()
            connection.respond(text: request.target)
        }
        try await withNginx(upstream) { nginx in
            try await withClient({ $0.caFile = nginx.caFile }) { client in
                let connections = try await withThrowingTaskGroup(of: String?.self) { group in
                    for number in 0..<count {
                        let request = FetchRequest(url: nginx.url("/\(number)"), httpVersion: .http2TLS)
                        group.addTask { try await client.fetch(request).headers["x-connection"] }
                    }
                    return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
                }
                #expect(connections.count == 1)
                #expect(connections.first != .some(nil))
            }
        }
    }

    @Test func aPausedStreamDoesNotStopTheOthers() async throws {
        let total = 48 << 20
        let upstream = try TestServer.answering { connection, request in
            connection.respond(body: [UInt8](repeating: 5, count: request.target == "/big" ? total : 1))
        }
        try await withNginx(upstream) { nginx in
            try await withClient({ $0.caFile = nginx.caFile }) { client in
                let big = try await client.stream(
                    FetchRequest(url: nginx.url("/big"), maxResponseBytes: total, httpVersion: .http2TLS)
                )
                for _ in 0..<3 {
                    let small = try await client.fetch(FetchRequest(url: nginx.url("/a"), httpVersion: .http2TLS))
                    #expect(small.body == [5])
                    #expect(small.headers["x-connection"] == big.headers["x-connection"])
                }
                var received = 0
                for try await chunk in big.chunks { received += chunk.count }
                #expect(received == total)
            }
        }
    }

    @Test func aForeignCertificateIsRefused() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("ca-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let other = try await TestCertificate.make(in: directory, name: "other")
        let upstream = try TestServer.answering { connection, _ in connection.respond() }
        try await withNginx(upstream) { nginx in
            for caFile in [other, nil, "/nonexistent.pem"] {
                try await withClient({ $0.caFile = caFile }) { client in
                    let error = try await failure {
                        _ = try await client.fetch(FetchRequest(method: "POST", url: nginx.url(), body: [1]))
                    }
                    #expect(error.code == .tlsFailed)
                    #expect(!error.requestMayHaveBeenSent)
                }
            }
            #expect(upstream.acceptCount == 0)
        }
    }
}
