/// One HTTP exchange to make. Redirects are not followed.
package struct FetchRequest: Sendable {
    /// How the HTTP version is chosen.
    package enum Version: Sendable {
        /// HTTP/2 where a TLS peer offers it, else HTTP/1.1; never waits for a connection to turn out multiplexed.
        case automatic
        /// HTTP/1.1 only.
        case http1
        /// HTTP/2 from the first byte, also without TLS; the peer must speak it.
        case http2PriorKnowledge
        /// As `automatic`, but waits for a connection under way so that requests share it. Only for peers known to
        /// speak HTTP/2: others are served one request at a time while a first connection is being made.
        case http2TLS
    }

    /// The method, an HTTP token such as `POST`; case matters.
    package var method: String
    /// An absolute `http` or `https` URL.
    package var url: String
    /// Header fields to add. `Content-Length` and `Transfer-Encoding` belong to the client and are refused.
    package var headers: FetchHeaders
    /// The body, sent with its length and without waiting for `100 Continue`; nil for none.
    package var body: [UInt8]?
    /// Limit for name resolution, TCP and TLS together.
    package var connectTimeout: Duration
    /// Limit for the whole exchange, pauses by a slow reader included.
    package var totalTimeout: Duration
    /// Limit for a time in which no byte moves in either direction once connected; nil for none. Time in which a
    /// stream is paused by its reader does not count.
    package var idleTimeout: Duration?
    /// Most body bytes to accept.
    package var maxResponseBytes: Int
    /// How the HTTP version is chosen.
    package var httpVersion: Version

    /// A request; timeouts and bounds default to cautious values.
    package init(
        method: String = "GET",
        url: String,
        headers: FetchHeaders = [:],
        body: [UInt8]? = nil,
        connectTimeout: Duration = .seconds(10),
        totalTimeout: Duration = .seconds(60),
        idleTimeout: Duration? = nil,
        maxResponseBytes: Int = 16 << 20,
        httpVersion: Version = .automatic
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.totalTimeout = totalTimeout
        self.idleTimeout = idleTimeout
        self.maxResponseBytes = maxResponseBytes
        self.httpVersion = httpVersion
    }
}
