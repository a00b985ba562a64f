package import Fetch
package import Logging
package import Penstock

/// Sends webhooks through libcurl: no redirects, no proxy, and no address that is not public unless the settings say so.
package final class FetchWebhookSender: WebhookSender {
    /// Bytes of an answer's body that are read and thrown away so that its connection can be used again.
    private static let discardedBytes = 16 << 10
    private static let connectTimeout = Duration.seconds(10)

    private let client: FetchClient
    private let timeout: Duration
    private let allowsHTTP: Bool

    /// - Parameters:
    ///   - timeout: for one attempt, from the look-up of the name to the answer's end.
    ///   - maxConnections: idle connections that are kept.
    /// - Throws: `FetchError` if the process is out of descriptors, memory or threads.
    package init(
        timeout: Duration,
        allowsHTTP: Bool,
        allowsPrivateAddresses: Bool,
        maxConnections: Int,
        userAgent: String,
        logger: Logger
    ) throws(FetchError) {
        var configuration = FetchConfiguration()
        configuration.userAgent = userAgent
        configuration.maxConnections = maxConnections
        configuration.maxHeaderBytes = 16 << 10
        if !allowsPrivateAddresses { configuration.addressPolicy = { AddressRules.isPublic($0.bytes) } }
        client = try FetchClient(configuration: configuration, logger: logger)
        self.timeout = timeout
        self.allowsHTTP = allowsHTTP
    }

    package func send(_ body: [UInt8], id: String, to url: String, signedWith secrets: [Secret], at now: Timestamp)
        async -> WebhookAnswer
    {
        // Once more than when it was registered: the settings may have changed since.
        guard (try? WebhookURL(url, allowingHTTP: allowsHTTP)) != nil else { return .failed("the URL is not allowed") }
        let signature = WebhookSignature.header(id: id, timestamp: now.seconds, body: body, secrets: secrets)
        guard let signature else { return .failed("the secret cannot sign") }
        let request = FetchRequest(
            method: "POST",
            url: url,
            headers: [
                "Content-Type": "application/json", "webhook-id": id, "webhook-timestamp": String(now.seconds),
                "webhook-signature": signature,
            ],
            body: body,
            connectTimeout: min(Self.connectTimeout, timeout),
            totalTimeout: timeout
        )
        do {
            let response = try await client.stream(request)
            await Self.discard(response)
            let retryAfter = RetryAfter.read(response.headers["retry-after"], at: now)
            return WebhookAnswer(status: response.status, retryAfter: retryAfter)
        } catch {
            return .failed(Self.reason(error))
        }
    }

    /// Ends the client's thread; attempts under way fail.
    package func shutdown() async { await client.shutdown() }

    /// The status is all that counts: a body that is long, slow or broken changes nothing.
    private static func discard(_ response: FetchStream) async {
        var read = 0
        do {
            for try await chunk in response.chunks {
                read += chunk.count
                if read > discardedBytes { return response.cancel() }
            }
        } catch {
            response.cancel()
        }
    }

    /// Closed phrases: what curl says may name what a URL hides.
    private static func reason(_ error: FetchError) -> String {
        switch error.code {
        case .resolveFailed: "the receiver's name cannot be resolved"
        case .addressRefused: "the receiver's address is private or reserved"
        case .connectFailed: "the receiver takes no connection"
        case .tlsFailed: "the receiver's TLS cannot be trusted"
        case .timedOut, .idleTimedOut: "the receiver did not answer in time"
        case .connectionLost: "the receiver broke the connection off"
        case .protocolError, .responseTooLarge: "the receiver did not answer in HTTP"
        case .invalidRequest: "the URL is not allowed"
        case .cancelled, .closed: "the attempt was broken off"
        case .other: "the receiver could not be reached"
        }
    }
}

extension WebhookAnswer {
    fileprivate static func failed(_ reason: String) -> WebhookAnswer { WebhookAnswer(status: nil, failure: reason) }
}
