import NIOSSL

extension RedisTLS {
    /// Reads the files and builds what all connections of one client share.
    ///
    /// - Throws: `.invalidConfiguration` when a file is missing or is no PEM.
    func makeContext() throws(RedisError) -> NIOSSLContext {
        do {
            return try NIOSSLContext(configuration: nioConfiguration())
        } catch {
            throw RedisError(.invalidConfiguration, "TLS for Redis cannot be set up: \(error)")
        }
    }

    private func nioConfiguration() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = verification.nioValue
        if let caFile {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(caFile))
        }
        guard (certificateFile == nil) == (privateKeyFile == nil) else {
            throw RedisError(.invalidConfiguration, "a client certificate and its key must be given together")
        }
        if let certificateFile, let privateKeyFile {
            let chain = try NIOSSLCertificate.fromPEMFile(certificateFile)
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: privateKeyFile, format: .pem))
        }
        return configuration
    }
}

extension RedisTLS.Verification {
    fileprivate var nioValue: CertificateVerification {
        switch self {
        case .full: .fullVerification
        case .chainOnly: .noHostnameVerification
        case .none: .none
        }
    }
}
