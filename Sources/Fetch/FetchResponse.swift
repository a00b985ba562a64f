/// A whole response.
package struct FetchResponse: Sendable {
    /// The status code, 200...999.
    package let status: Int
    /// The header fields; trailers are dropped.
    package let headers: FetchHeaders
    /// The body as it came (no content decoding).
    package let body: [UInt8]
    /// Where the time went.
    package let timing: FetchTiming
}

/// The HTTP version that an exchange used.
package enum FetchVersion: String, Sendable {
    case http10 = "1.0"
    case http11 = "1.1"
    case http2 = "2"
}

/// Where the time of one exchange went; each counted from its start.
package struct FetchTiming: Sendable, Equatable {
    /// Until the connection, TLS included, was usable; zero on a reused one.
    package let connect: Duration
    /// Until the first byte of the response.
    package let firstByte: Duration
    /// Until the end.
    package let total: Duration
    /// True if no new connection was made.
    package let reusedConnection: Bool
    /// The version that was spoken.
    package let httpVersion: FetchVersion
}
