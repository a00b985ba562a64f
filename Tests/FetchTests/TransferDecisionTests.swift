import CCurl
import Testing

@testable import Fetch

@Suite struct TransferFactsTests {
    @Test(arguments: ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])
    func idempotentMethodsMayBeWrittenAgain(method: String) {
        var facts = TransferFacts(method: method)
        let answers = [facts.beginRequest(), facts.beginRequest()]
        #expect(answers == [true, true])
        #expect(facts.refusal == nil)
    }

    @Test(arguments: ["POST", "PATCH", "get"])
    func otherMethodsMayNot(method: String) {
        var facts = TransferFacts(method: method)
        let answers = [facts.beginRequest(), facts.beginRequest()]
        #expect(answers == [true, false])
        let error = FetchError.ended(CURLE_ABORTED_BY_CALLBACK, detail: "", facts: facts)
        #expect(error.code == .connectionLost)
        #expect(error.requestMayHaveBeenSent)
    }

    @Test func theFirstRefusalWins() {
        var facts = TransferFacts(method: "GET")
        facts.refuse(.responseTooLarge, "first")
        facts.refuse(.protocolError, "second")
        #expect(FetchError.ended(CURLE_WRITE_ERROR, detail: "", facts: facts).code == .responseTooLarge)
    }
}

@Suite struct ErrorMappingTests {
    static let pairs: [(CURLcode, FetchError.Code)] = [
        (CURLE_URL_MALFORMAT, .invalidRequest), (CURLE_UNSUPPORTED_PROTOCOL, .invalidRequest),
        (CURLE_COULDNT_RESOLVE_HOST, .resolveFailed), (CURLE_COULDNT_CONNECT, .connectFailed),
        (CURLE_OPERATION_TIMEDOUT, .timedOut), (CURLE_PEER_FAILED_VERIFICATION, .tlsFailed),
        (CURLE_SSL_CONNECT_ERROR, .tlsFailed), (CURLE_SSL_CACERT_BADFILE, .tlsFailed),
        (CURLE_GOT_NOTHING, .connectionLost), (CURLE_PARTIAL_FILE, .connectionLost),
        (CURLE_SEND_ERROR, .connectionLost), (CURLE_RECV_ERROR, .connectionLost),
        (CURLE_HTTP2_STREAM, .connectionLost), (CURLE_HTTP2, .protocolError),
        (CURLE_WEIRD_SERVER_REPLY, .protocolError), (CURLE_OUT_OF_MEMORY, .other),
    ]

    @Test(arguments: pairs)
    func curlCodesMap(code: CURLcode, expected: FetchError.Code) {
        #expect(FetchError.Code(curl: code) == expected)
    }

    @Test func aStartedRequestMayHaveBeenSent() {
        var facts = TransferFacts(method: "POST")
        #expect(!FetchError.ended(CURLE_COULDNT_CONNECT, detail: "", facts: facts).requestMayHaveBeenSent)
        _ = facts.beginRequest()
        #expect(FetchError.ended(CURLE_RECV_ERROR, detail: "", facts: facts).requestMayHaveBeenSent)
    }

    /// Curl says "unsupported protocol" of a URL as of an answer that is no HTTP.
    @Test(arguments: [CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_WEIRD_SERVER_REPLY])
    func afterTheRequestBeganTheAnswerIsAtFault(code: CURLcode) {
        var facts = TransferFacts(method: "POST")
        let before = FetchError.ended(code, detail: "", facts: facts)
        #expect(before.code == FetchError.Code(curl: code) && !before.requestMayHaveBeenSent)
        _ = facts.beginRequest()
        let after = FetchError.ended(code, detail: "", facts: facts)
        #expect(after.code == .protocolError && after.requestMayHaveBeenSent)
    }

    @Test func brokenChunksAreNoBrokenConnection() {
        var facts = TransferFacts(method: "POST")
        _ = facts.beginRequest()
        let detail = "Illegal or missing hexadecimal sequence in chunked-encoding"
        #expect(FetchError.ended(CURLE_RECV_ERROR, detail: detail, facts: facts).code == .protocolError)
        #expect(FetchError.ended(CURLE_RECV_ERROR, detail: "reset", facts: facts).code == .connectionLost)
    }

    @Test func refusedAddressesAreToldFromRefusedConnections() {
        var facts = TransferFacts(method: "GET")
        facts.refusedAddresses = 1
        #expect(FetchError.ended(CURLE_COULDNT_CONNECT, detail: "", facts: facts).code == .addressRefused)
        facts.openedSockets = 1
        #expect(FetchError.ended(CURLE_COULDNT_CONNECT, detail: "", facts: facts).code == .connectFailed)
    }
}

@Suite struct StreamBufferTests {
    private func offer(_ count: Int, to buffer: inout StreamBuffer) -> Bool {
        [UInt8](repeating: 1, count: count).withUnsafeBytes { buffer.offer($0) }
    }

    @Test func itPausesAtTheLimitAndResumesWhenTaken() {
        var buffer = StreamBuffer(limit: 10)
        let nothing = buffer.take()
        #expect(nothing == nil)
        let accepted = [offer(9, to: &buffer), offer(5, to: &buffer), offer(1, to: &buffer)]
        #expect(accepted == [true, true, false])
        #expect(buffer.isPaused)
        let full = buffer.take()
        #expect(full?.bytes.count == 14)
        #expect(full?.resume == true)
        #expect(!buffer.isPaused)
        let acceptedAgain = offer(1, to: &buffer)
        #expect(acceptedAgain)
        let last = buffer.take()
        #expect(last?.resume == false)
    }
}

@Suite struct IdleSweepTests {
    @Test func itWakesForTheEarliestDeadline() {
        var sweep = IdleSweep()
        let early = sweep.begin(at: 1 << 60)
        #expect(!early)
        sweep.add(deadline: 300)
        sweep.add(deadline: 100)
        sweep.add(deadline: 200)
        #expect(sweep.next == 100)
        let due = [sweep.begin(at: 99), sweep.begin(at: 100)]
        #expect(due == [false, true])
        #expect(sweep.next == nil)
    }

    @Test func sweepsKeepALeastGap() {
        var sweep = IdleSweep()
        sweep.add(deadline: 100)
        let due = sweep.begin(at: 100)
        #expect(due)
        sweep.add(deadline: 101)
        sweep.end(at: 100)
        #expect(sweep.next == 100 + IdleSweep.leastGap)
        sweep.add(deadline: 50)
        #expect(sweep.next == 50)
    }

    @Test func waitsAreRoundedUp() {
        #expect(LoopTime.milliseconds(until: nil, now: 5) == -1)
        #expect(LoopTime.milliseconds(until: 5, now: 5) == 0)
        #expect(LoopTime.milliseconds(until: 6, now: 5) == 1)
        #expect(LoopTime.milliseconds(until: 1_000_005, now: 5) == 1)
        #expect(LoopTime.milliseconds(until: 1_000_006, now: 5) == 2)
        #expect(LoopTime.milliseconds(until: .max, now: 0) == .max)
        #expect(LoopTime.nanoseconds(.milliseconds(1500)) == 1_500_000_000)
        #expect(LoopTime.nanoseconds(.seconds(-1)) == 0)
    }
}

@Suite struct FetchAddressTests {
    @Test func mappedIPv4IsIPv4() {
        let mapped = FetchAddress(bytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 1], port: 80)
        #expect(mapped == FetchAddress(bytes: [127, 0, 0, 1], port: 80))
        let loopback = [UInt8](repeating: 0, count: 15) + [1]
        #expect(FetchAddress(bytes: loopback, port: 1).bytes == loopback)
    }
}
