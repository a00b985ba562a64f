/// What may be sent, and how the header lines read that curl is given. Pure.
enum RequestRules {
    /// - Throws: `invalidRequest` naming the part, never a header's value.
    static func check(_ request: FetchRequest) throws(FetchError) {
        guard isToken(request.method) else { throw FetchError(.invalidRequest, "the method is not an HTTP token") }
        guard !request.url.utf8.contains(0) else { throw FetchError(.invalidRequest, "the URL contains a NUL") }
        if request.method == "HEAD", request.body != nil {
            throw FetchError(.invalidRequest, "a HEAD request has no body")
        }
        guard request.maxResponseBytes >= 0 else { throw FetchError(.invalidRequest, "maxResponseBytes is negative") }
        for field in request.headers.fields {
            guard isToken(field.name) else { throw FetchError(.invalidRequest, "a header name is not an HTTP token") }
            guard isValue(field.value) else {
                throw FetchError(.invalidRequest, "the header \(field.name) contains a control character")
            }
        }
        for name in ["content-length", "transfer-encoding"] where request.headers[name] != nil {
            throw FetchError(.invalidRequest, "the header \(name) is the client's to set")
        }
    }

    /// The caller's lines, and empty ones that switch off what curl would add by itself: the wait for
    /// `100 Continue` and a form content type.
    static func headerLines(_ request: FetchRequest) -> [String] {
        let quiet = ["Expect", "Content-Type"].filter { request.headers[$0] == nil }.map { "\($0):" }
        return quiet
            + request.headers.fields.map { field in
                // Curl's notation for a header that is present and empty is a semicolon.
                field.value.allSatisfy { $0 == " " || $0 == "\t" } ? "\(field.name);" : "\(field.name): \(field.value)"
            }
    }

    /// The body to send: methods that are expected to carry one get `Content-Length: 0` when there is none.
    static func body(_ request: FetchRequest) -> [UInt8]? {
        request.body ?? (["POST", "PUT", "PATCH"].contains(request.method) ? [] : nil)
    }

    /// Whole milliseconds, rounded up, at least 1 (curl reads 0 as "no limit").
    static func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let limit = Int64(Int32.max)
        guard !overflow, whole < limit else { return seconds < 0 ? 1 : Int(limit) }
        return Int(max(1, whole + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    private static func isValue(_ text: String) -> Bool {
        text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 9 }
    }
}
