import Foundation
import Glibc
import TestSupport

/// An nginx that speaks HTTP/2 over TLS on 127.0.0.1 and forwards to a test server, with a certificate of its own.
final class Nginx {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let port: UInt16
    /// The certificate that clients must trust.
    let caFile: String
    private let directory: URL
    private let process: Child

    init(upstream: UInt16) async throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("nginx-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        port = try Loopback.freePort()
        caFile = try await TestCertificate.make(in: directory, name: "server")
        let configuration = directory.appendingPathComponent("nginx.conf")
        try Self.configuration(directory.path, port: port, upstream: upstream)
            .write(to: configuration, atomically: true, encoding: .utf8)
        process = try Child(["nginx", "-p", directory.path, "-c", configuration.path])
        try await waitUntilReady()
    }

    func url(_ path: String = "/") -> String { "https://127.0.0.1:\(port)\(path)" }

    func stop() async {
        process.terminate()
        _ = await process.status()
        try? FileManager.default.removeItem(at: directory)
    }

    /// Nginx tells nobody when it listens, so this asks.
    private func waitUntilReady() async throws {
        for _ in 0..<500 {
            guard process.isRunning else { throw Failure(description: "nginx ended at once") }
            if Loopback.accepts(port) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        await stop()
        throw Failure(description: "nginx does not listen")
    }

    private static func configuration(_ directory: String, port: UInt16, upstream: UInt16) -> String {
        """
        daemon off;
        master_process off;
        pid \(directory)/nginx.pid;
        error_log stderr warn;
        events { worker_connections 1024; }
        http {
            access_log off;
            client_body_temp_path \(directory)/body;
            proxy_temp_path \(directory)/proxy;
            fastcgi_temp_path \(directory)/fastcgi;
            uwsgi_temp_path \(directory)/uwsgi;
            scgi_temp_path \(directory)/scgi;
            client_max_body_size 64m;
            server {
                listen 127.0.0.1:\(port) ssl http2;
                ssl_certificate \(directory)/server.pem;
                ssl_certificate_key \(directory)/server.key;
                location / {
                    proxy_pass http://127.0.0.1:\(upstream);
                    proxy_http_version 1.1;
                    proxy_buffering off;
                    add_header X-Connection $connection always;
                }
            }
        }
        """
    }
}

/// Self-signed certificates for 127.0.0.1, made by the openssl tool.
enum TestCertificate {
    /// Writes `NAME.pem` and `NAME.key`; returns the path of the former.
    static func make(in directory: URL, name: String) async throws -> String {
        let certificate = directory.appendingPathComponent("\(name).pem").path
        let openssl = try Child([
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(name)",
            "-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate, "-keyout",
            directory.appendingPathComponent("\(name).key").path,
        ])
        guard await openssl.status() == 0 else { throw Nginx.Failure(description: "openssl failed") }
        return certificate
    }
}

/// A child process from `PATH`.
final class Child {
    private let process = Process()
    private let ended = Latch<Int32>()

    /// Lets go of the descriptors that it inherited: connections of other tests would stay open with them.
    private static let script = """
        for path in /proc/$$/fd/*; do fd=${path##*/}; if [ "$fd" -gt 2 ]; then eval "exec $fd>&-"; fi; done
        exec "$@"
        """

    init(_ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", Self.script, "child"] + arguments
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = (environment["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.terminationHandler = { [ended] process in ended.open(process.terminationStatus) }
        try process.run()
    }

    var isRunning: Bool { process.isRunning }

    /// By `SIGKILL`: threads of the concurrency pool block the others, and a child inherits that.
    func terminate() {
        kill(process.processIdentifier, SIGKILL)
    }

    /// Waits for the end.
    func status() async -> Int32 {
        await ended.wait()
    }
}

extension Loopback {
    /// True if something listens on the port.
    static func accepts(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
