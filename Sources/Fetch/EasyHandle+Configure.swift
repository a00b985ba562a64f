import CCurl

extension EasyHandle {
    /// Sets every option of one exchange on a handle from the pool. `transfer` must outlive the exchange.
    ///
    /// - Throws: `other` if this build of curl lacks an option.
    func configure(for transfer: Transfer, _ configuration: FetchConfiguration) throws(FetchError) {
        var options = EasyOptions(easy: raw)
        options.note(prepareErrorText())
        options.set(transfer.plan)
        options.set(configuration)
        options.set(callbacksOf: transfer)
        guard options.failure == CURLE_OK else {
            throw FetchError(.other, String(cString: curl_easy_strerror(options.failure)))
        }
    }
}

/// Sets options one after the other and remembers the first failure.
private struct EasyOptions {
    let easy: UnsafeMutableRawPointer
    private(set) var failure = CURLE_OK

    init(easy: UnsafeMutableRawPointer) {
        self.easy = easy
    }

    mutating func note(_ code: CURLcode) {
        if failure == CURLE_OK { failure = code }
    }

    mutating func set(_ option: CURLoption, _ value: Int) {
        note(ccurl_set_long(easy, option, value))
    }

    mutating func set(_ option: CURLoption, _ value: String) {
        note(ccurl_set_string(easy, option, value))
    }

    mutating func set(_ plan: RequestPlan) {
        let request = plan.request
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_CONNECTTIMEOUT_MS, RequestRules.milliseconds(request.connectTimeout))
        set(CURLOPT_TIMEOUT_MS, RequestRules.milliseconds(request.totalTimeout))
        note(ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, plan.headerList))
        setMethod(request.method, body: plan.body)
        setVersion(request.httpVersion)
    }

    private mutating func setMethod(_ method: String, body: UnsafeMutableRawBufferPointer?) {
        if let body {
            set(CURLOPT_POST, 1)
            note(ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
            note(ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress))
            if method != "POST" { set(CURLOPT_CUSTOMREQUEST, method) }
        } else if method == "HEAD" {
            set(CURLOPT_NOBODY, 1)
        } else {
            set(CURLOPT_HTTPGET, 1)
            if method != "GET" { set(CURLOPT_CUSTOMREQUEST, method) }
        }
    }

    private mutating func setVersion(_ version: FetchRequest.Version) {
        switch version {
        case .automatic: set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        case .http1: set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        case .http2PriorKnowledge: set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE))
        case .http2TLS: set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        }
        // Elsewhere it would queue requests behind one connection.
        if version == .http2TLS || version == .http2PriorKnowledge { set(CURLOPT_PIPEWAIT, 1) }
    }

    mutating func set(_ configuration: FetchConfiguration) {
        set(CURLOPT_NOSIGNAL, 1)
        // Without it, giving up while a name is being resolved blocks this thread until the resolver answers.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_DNS_CACHE_TIMEOUT, configuration.dnsCacheSeconds)
        set(CURLOPT_USERAGENT, configuration.userAgent)
        // Empty strings keep curl from reading the environment's proxy variables.
        set(CURLOPT_PROXY, configuration.proxy ?? "")
        set(CURLOPT_NOPROXY, "")
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        if let caFile = configuration.caFile {
            set(CURLOPT_CAINFO, caFile)
            note(ccurl_set_string(easy, CURLOPT_CAPATH, nil))
        }
    }

    mutating func set(callbacksOf transfer: Transfer) {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        note(ccurl_set_pointer(easy, CURLOPT_PRIVATE, context))
        note(ccurl_set_write_callback(easy, CURLOPT_HEADERFUNCTION, TransferCallbacks.header))
        note(ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context))
        note(ccurl_set_write_callback(easy, CURLOPT_WRITEFUNCTION, TransferCallbacks.body))
        note(ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context))
        note(ccurl_set_prereq_callback(easy, TransferCallbacks.prerequest))
        note(ccurl_set_pointer(easy, CURLOPT_PREREQDATA, context))
        note(ccurl_set_opensocket_callback(easy, TransferCallbacks.openSocket))
        note(ccurl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, context))
        guard transfer.plan.request.idleTimeout != nil else { return }
        note(ccurl_set_progress_callback(easy, TransferCallbacks.progress))
        note(ccurl_set_pointer(easy, CURLOPT_XFERINFODATA, context))
        set(CURLOPT_NOPROGRESS, 0)
    }
}
