import Glibc
import Logging
import NIOSSL
import Synchronization
import Telemetry
import Threads

/// The PEM files with which a server shows who it is.
package struct ServerTLSFiles: Sendable, Equatable {
    package var certificate: String
    package var key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// TLS for a listener. When its files change, new connections get what is new; the others go on.
final class ServerTLS: Sendable {
    private static let interval = Duration.seconds(5)

    private struct State {
        var context: NIOSSLContext
        var version: FileVersion
    }

    /// Tells that a file is another one.
    private struct FileVersion: Equatable {
        var certificate: FileStamp?
        var key: FileStamp?

        init(_ files: ServerTLSFiles) {
            certificate = FileStamp(files.certificate)
            key = FileStamp(files.key)
        }
    }

    private let files: ServerTLSFiles
    private let logger: Logger
    private let state: Mutex<State>

    /// - Throws: when a file is missing, is no PEM, or the key is not the certificate's.
    init(_ files: ServerTLSFiles, logger: Logger) throws {
        self.files = files
        self.logger = logger
        let version = FileVersion(files)
        do {
            state = Mutex(State(context: try Self.context(files), version: version))
        } catch {
            throw UnusableCertificate(files: files, reason: "\(error)")
        }
    }

    func makeHandler() -> NIOSSLServerHandler {
        NIOSSLServerHandler(context: state.withLock { $0.context })
    }

    /// Looks for new files while `body` runs.
    static func watching(_ tls: ServerTLS?, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            if let tls { group.addTask { try await tls.watch() } }
            defer { group.cancelAll() }
            try await body()
        }
    }

    private func watch() async throws {
        while true {
            try await Task.sleep(for: Self.interval)
            reloadIfChanged()
        }
    }

    /// What cannot be read leaves everything as it is, and is tried again when it changes once more.
    func reloadIfChanged() {
        let version = FileVersion(files)
        guard state.withLock({ $0.version != version }) else { return }
        do {
            let context = try Self.context(files)
            state.withLock { $0 = State(context: context, version: version) }
            logger.notice("certificate reloaded")
        } catch {
            state.withLock { $0.version = version }
            logger.error("a new certificate cannot be used; the one before it stays", error: error)
        }
    }

    private static func context(_ files: ServerTLSFiles) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(files.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem))
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}

/// TLS is asked for and cannot be had.
struct UnusableCertificate: Error, CustomStringConvertible {
    let files: ServerTLSFiles
    let reason: String

    var description: String {
        "the certificate \(files.certificate) with the key \(files.key) cannot be used: \(reason)"
    }
}
