import CCurl

/// One exchange under way. Confined to the curl thread.
///
/// The loop's table owns it; curl holds an unretained pointer from `CurlLoop.start` until the handle has left the multi
/// handle, which is before the table lets go.
final class Transfer {
    let id: UInt64
    let plan: RequestPlan
    let sink: any TransferSink
    let easy: EasyHandle
    let addressPolicy: FetchConfiguration.AddressPolicy?
    private(set) var facts: TransferFacts
    private var parser: ResponseHeadParser
    private var bodyBytes = 0
    private var head: ResponseHead?
    private var isPaused = false
    private var movedBytes: Int = 0
    /// Monotonic nanoseconds of the last byte in either direction; nil until connected and while paused.
    private(set) var lastActivity: UInt64?

    init(id: UInt64, plan: RequestPlan, sink: any TransferSink, easy: EasyHandle, configuration: FetchConfiguration) {
        self.id = id
        self.plan = plan
        self.sink = sink
        self.easy = easy
        addressPolicy = configuration.addressPolicy
        facts = TransferFacts(method: plan.request.method)
        parser = ResponseHeadParser(maxBytes: configuration.maxHeaderBytes)
    }

    /// True to let curl open a socket to the address.
    func mayConnect(to address: FetchAddress?) -> Bool {
        let allowed = addressPolicy.map { policy in address.map(policy) ?? false } ?? true
        if allowed { facts.openedSockets += 1 } else { facts.refusedAddresses += 1 }
        return allowed
    }

    /// Called right before the request is written; false stops.
    func beginRequest() -> Bool {
        lastActivity = Monotonic.now()
        return facts.beginRequest()
    }

    /// Curl's byte counters; they move the idle limit.
    func progress(moved: Int) {
        guard moved != movedBytes, !isPaused else { return }
        movedBytes = moved
        lastActivity = Monotonic.now()
    }

    /// A header line; false stops.
    func receive(headerLine: UnsafeRawBufferPointer) -> Bool {
        lastActivity = Monotonic.now()
        switch parser.consume(headerLine) {
        case .more: return true
        case .complete(let head): return begin(head)
        case .tooLarge: facts.refuse(.responseTooLarge, "the response's header section is too large")
        case .malformed: facts.refuse(.protocolError, "the response's header section is malformed")
        }
        return false
    }

    /// Body bytes; answers what curl's write callback has to return.
    func receive(body: UnsafeRawBufferPointer) -> Int {
        guard bodyBytes + body.count <= plan.request.maxResponseBytes else {
            refuseBody()
            return 0
        }
        guard sink.receive(body) else {
            isPaused = true
            lastActivity = nil
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        bodyBytes += body.count
        lastActivity = Monotonic.now()
        return body.count
    }

    /// The reader has room again.
    func resumed() {
        isPaused = false
        lastActivity = Monotonic.now()
    }

    /// How the exchange went, from curl's own clock and counters.
    func timing() -> FetchTiming {
        let made = easy.long(CURLINFO_NUM_CONNECTS)
        let secured = easy.microseconds(CURLINFO_APPCONNECT_TIME_T)
        return FetchTiming(
            connect: made == 0 ? .zero : max(secured, easy.microseconds(CURLINFO_CONNECT_TIME_T)),
            firstByte: easy.microseconds(CURLINFO_STARTTRANSFER_TIME_T),
            total: easy.microseconds(CURLINFO_TOTAL_TIME_T),
            reusedConnection: made == 0,
            httpVersion: head?.version ?? .http11
        )
    }

    private func begin(_ head: ResponseHead) -> Bool {
        let hasBody = plan.request.method != "HEAD" && head.status != 304
        guard !hasBody || head.contentLength ?? 0 <= plan.request.maxResponseBytes else {
            refuseBody()
            return false
        }
        self.head = head
        sink.receive(head: head)
        return true
    }

    private func refuseBody() {
        facts.refuse(.responseTooLarge, "the response body is longer than \(plan.request.maxResponseBytes) bytes")
    }
}
