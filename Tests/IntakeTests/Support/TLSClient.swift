import NIOCore
import NIOPosix
import NIOSSL

/// One request over TLS. Whoever answers is not verified, but told.
enum TLSClient {
    static func ask(port: Int) async throws -> (status: String, certificate: NIOSSLCertificate?) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: nil)
                    )
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
            try await outbound.write(ByteBuffer(string: request))
            var text = ""
            for try await bytes in inbound {
                text += String(buffer: bytes)
                if text.contains("\r\n") { break }
            }
            let certificate = try await channel.channel.nioSSL_peerCertificate().get()
            return (String(text.prefix { $0 != "\r\n" }), certificate)
        }
    }
}
