import CCurl

extension FetchError.Code {
    /// The cause that a curl result code stands for; our own aborts are told apart before this is asked.
    init(curl code: CURLcode) {
        switch code {
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT: self = .invalidRequest
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .resolveFailed
        case CURLE_COULDNT_CONNECT, CURLE_PROXY: self = .connectFailed
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2_STREAM:
            self = .connectionLost
        case CURLE_HTTP2, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: self = .protocolError
        default: self = Self.isTLS(code) ? .tlsFailed : .other
        }
    }

    private static func isTLS(_ code: CURLcode) -> Bool {
        switch code {
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
            true
        default: false
        }
    }
}

extension FetchError {
    /// What a finished transfer's result means, given what our callbacks know about it.
    static func ended(_ code: CURLcode, detail: String, facts: TransferFacts) -> FetchError {
        if let refusal = facts.refusal {
            return FetchError(refusal.code, refusal.message, requestMayHaveBeenSent: facts.requestStarted)
        }
        if code == CURLE_COULDNT_CONNECT, facts.refusedAddresses > 0, facts.openedSockets == 0 {
            return FetchError(.addressRefused, "the address policy refused every address of the host")
        }
        let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        let cause = cause(of: code, detail: text, requestStarted: facts.requestStarted)
        return FetchError(cause, text, requestMayHaveBeenSent: facts.requestStarted)
    }

    /// Curl has some codes for both sides of an exchange: once the request has begun, what it cannot make sense of is the
    /// answer. Broken chunks it reports as a broken connection.
    private static func cause(of code: CURLcode, detail: String, requestStarted: Bool) -> Code {
        let cause = Code(curl: code)
        guard requestStarted else { return cause }
        let isGarbled = code == CURLE_RECV_ERROR && detail.contains("chunked-encoding")
        return isGarbled || cause == .invalidRequest ? .protocolError : cause
    }
}
