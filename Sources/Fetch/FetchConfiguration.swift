/// Settings that all exchanges of one client share.
package struct FetchConfiguration: Sendable {
    /// Answers whether a resolved address may be connected to. Called on the client's thread: must be quick and must
    /// not block. With a proxy it is asked about the proxy's address. Kept-alive connections are not asked again.
    package typealias AddressPolicy = @Sendable (FetchAddress) -> Bool

    /// Most idle connections to keep.
    package var maxConnections = 256
    /// Most connections to one host, further requests wait; 0 for no limit.
    package var maxConnectionsPerHost = 0
    /// A PEM file that replaces the system's certificate authorities; nil for the system's.
    package var caFile: String?
    /// How long resolved names are kept, in seconds.
    package var dnsCacheSeconds = 60
    /// A proxy URL; nil for a direct connection. Environment variables are never consulted.
    package var proxy: String?
    /// Asked before each new connection; nil allows every address.
    package var addressPolicy: AddressPolicy?
    /// The `User-Agent` of requests that name none.
    package var userAgent = "penstock"
    /// Bytes read from a socket at once, 1 KiB to 512 KiB.
    package var bufferSize = 64 << 10
    /// A stream stops reading from its socket while so many bytes await their reader.
    package var streamBufferBytes = 256 << 10
    /// Most bytes of a response's header section, 1xx responses and trailers included.
    package var maxHeaderBytes = 64 << 10

    /// The defaults.
    package init() {}
}
