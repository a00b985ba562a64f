/// What the callbacks of one transfer noticed; decides how its end is reported.
struct TransferFacts: Equatable {
    /// Why a callback told curl to stop.
    struct Refusal: Equatable {
        let code: FetchError.Code
        let message: String
    }

    /// The method may be repeated without the caller's knowledge (RFC 9110, 9.2.2).
    let mayResend: Bool
    /// A connection was ready and the request about to be written.
    private(set) var requestStarted = false
    /// The first reason wins.
    private(set) var refusal: Refusal?
    /// Addresses that the policy allowed.
    var openedSockets = 0
    /// Addresses that the policy refused.
    var refusedAddresses = 0

    init(method: String) {
        mayResend = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"].contains(method)
    }

    mutating func refuse(_ code: FetchError.Code, _ message: String) {
        refusal = refusal ?? Refusal(code: code, message: message)
    }

    /// Called each time a request is about to be written; false stops the transfer.
    ///
    /// Curl writes a request again by itself when a kept-alive connection dies before the response. The peer may have
    /// acted on the first copy, so only idempotent methods may be written twice.
    mutating func beginRequest() -> Bool {
        if requestStarted && !mayResend {
            refuse(.connectionLost, "the connection was lost before the response, the request is not repeated")
            return false
        }
        requestStarted = true
        return true
    }
}
