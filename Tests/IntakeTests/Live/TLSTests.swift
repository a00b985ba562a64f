import NIOSSL
import TestSupport
import TestTwins
import Testing

@testable import Intake

@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
    private static func makeCertificate(_ files: ServerTLSFiles) async throws {
        let options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
        let arguments = options.split(separator: " ").map(String.init)
        try await ChildProcess.run("openssl", arguments + ["-keyout", files.key, "-out", files.certificate])
    }

    @Test func speaksTLS() async throws {
        let directory = try TemporaryDirectory()
        let files = ServerTLSFiles(certificate: directory.file("server.pem"), key: directory.file("server.key"))
        try await Self.makeCertificate(files)
        let certificate = try NIOSSLCertificate.fromPEMFile(files.certificate).first
        try await TestIntake.run(IntakeConfiguration(tls: files)) { intake in
            let answer = try await TLSClient.ask(port: intake.port)
            #expect(answer.status == "HTTP/1.1 200 OK")
            #expect(answer.certificate == certificate)
            // Plain text is no handshake.
            let plain = try RawConnection(port: intake.port)
            try await plain.send(TestIntake.head("GET", "/", key: nil))
            await #expect(throws: RawConnection.Failure.self) { _ = try await plain.receive() }
        }
        try await directory.remove()
    }

    @Test func takesNewFiles() async throws {
        let directory = try TemporaryDirectory()
        let files = ServerTLSFiles(certificate: directory.file("server.pem"), key: directory.file("server.key"))
        let log = CapturedLog()
        #expect(throws: UnusableCertificate.self) { _ = try ServerTLS(files, logger: log.logger) }
        try await Self.makeCertificate(files)
        let tls = try ServerTLS(files, logger: log.logger)
        tls.reloadIfChanged()
        #expect(log.lines.isEmpty)
        try await Self.makeCertificate(files)
        tls.reloadIfChanged()
        #expect(log.text.contains("certificate reloaded"))
        try await ChildProcess.run("truncate", ["-s", "0", files.certificate])
        tls.reloadIfChanged()
        tls.reloadIfChanged()
        #expect(log.lines.count { $0.contains("cannot be used") } == 1)
        _ = tls.makeHandler()
        try await directory.remove()
    }
}
