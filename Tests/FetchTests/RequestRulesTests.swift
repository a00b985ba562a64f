import Testing

@testable import Fetch

@Suite struct RequestRulesTests {
    static let bad: [FetchRequest] = [
        FetchRequest(method: "", url: "http://a"),
        FetchRequest(method: "GET /x", url: "http://a"),
        FetchRequest(url: "http://a\u{0}"),
        FetchRequest(method: "HEAD", url: "http://a", body: [1]),
        FetchRequest(url: "http://a", headers: ["X": "a\r\nY: b"]),
        FetchRequest(url: "http://a", headers: ["X:Y": "a"]),
        FetchRequest(url: "http://a", headers: ["Content-length": "3"]),
        FetchRequest(url: "http://a", headers: ["Transfer-Encoding": "chunked"]),
        FetchRequest(url: "http://a", maxResponseBytes: -1),
    ]

    @Test(arguments: bad)
    func badRequestsAreRefused(request: FetchRequest) {
        let error = #expect(throws: FetchError.self) { try RequestRules.check(request) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.requestMayHaveBeenSent == false)
    }

    @Test func plainRequestsPass() throws {
        let headers: FetchHeaders = ["Content-Type": "application/json", "X-Text": "grüße\tda"]
        try RequestRules.check(FetchRequest(method: "POST", url: "https://a/b", headers: headers, body: [1]))
    }

    @Test func curlsOwnHeadersAreSwitchedOff() {
        let quiet = RequestRules.headerLines(FetchRequest(url: "http://a", headers: ["X": "1", "Y": " "]))
        #expect(quiet == ["Expect:", "Content-Type:", "X: 1", "Y;"])
        let own = RequestRules.headerLines(FetchRequest(url: "http://a", headers: ["content-type": "a/b"]))
        #expect(own == ["Expect:", "content-type: a/b"])
    }

    @Test func methodsThatExpectABodyGetAnEmptyOne() {
        #expect(RequestRules.body(FetchRequest(method: "POST", url: "u")) == [])
        #expect(RequestRules.body(FetchRequest(method: "DELETE", url: "u")) == nil)
        #expect(RequestRules.body(FetchRequest(method: "DELETE", url: "u", body: [7])) == [7])
    }

    @Test(arguments: [
        (Duration.milliseconds(1), 1), (.microseconds(1), 1), (.zero, 1), (.seconds(-3), 1), (.microseconds(1500), 2),
        (.seconds(60), 60_000), (.seconds(Int64.max), Int(Int32.max)), (.seconds(1 << 40), Int(Int32.max)),
    ])
    func limitsBecomeMillisecondsAndNeverZero(duration: Duration, expected: Int) {
        #expect(RequestRules.milliseconds(duration) == expected)
    }
}
