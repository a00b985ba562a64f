/// Why an exchange failed.
package struct FetchError: Error, Equatable, CustomStringConvertible {
    /// The closed set of causes.
    package enum Code: String, Sendable {
        /// The request cannot be sent, and nothing of it was: URL, method, headers.
        case invalidRequest
        case resolveFailed
        case connectFailed
        /// The handshake failed or the peer's certificate is not trusted.
        case tlsFailed
        /// The connect or the total limit passed.
        case timedOut
        /// No byte moved for the idle limit.
        case idleTimedOut
        /// The calling task was cancelled.
        case cancelled
        /// Body above the request's bound, or header section above the client's.
        case responseTooLarge
        /// The connection broke before the response was complete.
        case connectionLost
        /// The peer's bytes are not the HTTP that was agreed on.
        case protocolError
        /// The address policy refused every address of the host.
        case addressRefused
        /// The client was shut down.
        case closed
        case other
    }

    /// The cause.
    package let code: Code
    /// Text for people; carries no header values and no body bytes.
    package let message: String
    /// False only if it is certain that no byte of the request left: repeating it is then safe.
    package let requestMayHaveBeenSent: Bool

    package var description: String { "\(code.rawValue): \(message)" }

    init(_ code: Code, _ message: String, requestMayHaveBeenSent: Bool = false) {
        self.code = code
        self.message = message
        self.requestMayHaveBeenSent = requestMayHaveBeenSent
    }
}
