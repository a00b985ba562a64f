import Redis
import TestSupport
import Testing

/// An authority and certificates for several names, made by the `openssl` tool.
private struct Certificates {
    let directory: TemporaryDirectory

    init() async throws {
        directory = try TemporaryDirectory()
        for authority in ["ca", "other"] {
            try await openssl(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=\(authority)",
                ["-keyout", file("\(authority).key"), "-out", file("\(authority).pem")]
            )
        }
    }

    func file(_ name: String) -> String { directory.file(name) }

    /// A certificate signed by `ca`; `name` is a subject alternative name such as `DNS:localhost`.
    func issue(_ file: String, for name: String) async throws {
        try await openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=server",
            [
                "-addext", "subjectAltName=\(name)", "-addext", "basicConstraints=critical,CA:FALSE",
                "-CA", self.file("ca.pem"), "-CAkey", self.file("ca.key"),
                "-keyout", self.file("\(file).key"), "-out", self.file("\(file).pem"),
            ]
        )
    }

    private func openssl(_ options: String, _ more: [String]) async throws {
        try await ChildProcess.run("openssl", options.split(separator: " ").map(String.init) + more)
    }
}

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    /// Lends a server with a certificate for `name`, and the configuration of a client that trusts `ca`.
    private func withTLSServer(
        name: String,
        authenticatesClients: Bool = false,
        _ body: (RedisConfiguration, Certificates) async throws -> Void
    ) async throws {
        let certificates = try await Certificates()
        try await certificates.issue("server", for: name)
        let port = try Loopback.freePort()
        let arguments = [
            "--tls-port", "\(port)", "--tls-cert-file", certificates.file("server.pem"),
            "--tls-key-file", certificates.file("server.key"), "--tls-ca-cert-file", certificates.file("ca.pem"),
            "--tls-auth-clients", authenticatesClients ? "yes" : "no",
        ]
        try await RedisServer.with(arguments: arguments) { _ in
            var configuration = try RedisConfiguration(url: "rediss://localhost:\(port)")
            configuration.tls?.caFile = certificates.file("ca.pem")
            try await body(configuration, certificates)
        }
        try await certificates.directory.remove()
    }

    private func failure(_ configuration: RedisConfiguration) async throws -> RedisError? {
        try await withClient(configuration) { client in
            await redisError { _ = try await client.makeConnection() }
        }
    }

    @Test func theRightAuthorityIsAccepted() async throws {
        try await withTLSServer(name: "DNS:localhost") { configuration, _ in
            try await withClient(configuration) { client in
                let large = [UInt8](repeating: 7, count: 1 << 20)
                _ = try await client.send("SET", "k", large)
                #expect(try await client.send("GET", "k").bytes == large)
            }
        }
    }

    @Test func anAddressIsVerifiedToo() async throws {
        try await withTLSServer(name: "IP:127.0.0.1") { configuration, _ in
            var configuration = configuration
            configuration.host = "127.0.0.1"
            try await withClient(configuration) { client in
                let reply = try await client.send("PING")
                #expect(reply == .status("PONG"))
            }
        }
    }

    @Test func theWrongAuthorityIsRefused() async throws {
        try await withTLSServer(name: "DNS:localhost") { configuration, certificates in
            var configuration = configuration
            configuration.tls?.caFile = certificates.file("other.pem")
            let error = try await failure(configuration)
            #expect(error?.code == .connectFailed)
            #expect(error?.message.contains("CERTIFICATE_VERIFY_FAILED") == true)
            let shared = try await withClient(configuration) { client in
                await redisError { _ = try await client.send("PING", timeout: .seconds(2)) }
            }
            #expect(shared?.code == .timeout)
            #expect(shared?.message.contains("CERTIFICATE_VERIFY_FAILED") == true)
            #expect(shared?.mayHaveRun == false)
        }
    }

    @Test func theWrongNameIsRefused() async throws {
        try await withTLSServer(name: "DNS:redis.example") { configuration, _ in
            let error = try await failure(configuration)
            #expect(error?.code == .connectFailed)
            var lenient = configuration
            lenient.tls?.verification = .chainOnly
            #expect(try await failure(lenient) == nil)
        }
    }

    @Test func clientCertificates() async throws {
        try await withTLSServer(name: "DNS:localhost", authenticatesClients: true) { configuration, certificates in
            #expect(try await failure(configuration)?.code == .connectFailed)
            try await certificates.issue("client", for: "DNS:client")
            var known = configuration
            known.tls?.certificateFile = certificates.file("client.pem")
            known.tls?.privateKeyFile = certificates.file("client.key")
            #expect(try await failure(known) == nil)
        }
    }

    @Test func plainTextToATLSPortFails() async throws {
        try await withTLSServer(name: "DNS:localhost") { configuration, _ in
            var plain = configuration
            plain.tls = nil
            let error = try await failure(plain)
            #expect(error?.code == .connectFailed)
        }
    }
}
