import HTTPTypes
import JSON
import Penstock
import Testing

@testable import Intake

struct QueryTests {
    @Test func decodes() throws {
        let query = try Query("after=file-1&limit=5&x=a%20b+c&empty=&=1&flag")
        #expect(try query["after"] == "file-1")
        #expect(try query["x"] == "a b c")
        #expect(try query["empty"] == nil)
        #expect(try query["flag"] == nil)
        #expect(try query.int("limit", in: 1...10, default: 3) == 5)
        #expect(try Query(nil).int("limit", in: 1...10, default: 3) == 3)
    }

    @Test(arguments: ["a=%", "a=%2", "a=%zz", "a=%00", "a=%ff", "%zz=1"])
    func refusesBadEncodings(text: String) {
        #expect(throws: APIError.self) { try Query(text) }
    }

    /// SDKs send lists as `include[]=a&include[]=b`.
    @Test func onlyWhatIsReadMayNotBeGivenTwice() throws {
        let query = try Query("a=1&a=2&b=3")
        #expect(try query["b"] == "3")
        #expect(throws: APIError.self) { try query["a"] }
        #expect(throws: APIError.self) { try query.int("a", in: 1...3, default: 1) }
    }

    @Test(arguments: ["0", "11", "-1", "1.0", "1e1", "x", "99999999999999999999999", "%31%20"])
    func refusesBadNumbers(text: String) throws {
        let error = try #require(throws: APIError.self) {
            try Query("limit=\(text)").int("limit", in: 1...10, default: 3)
        }
        #expect(error.param == "limit")
        #expect(error.status == .badRequest)
    }

    @Test func refusesUnknownWords() throws {
        #expect(throws: APIError.self) { try Query("order=up").choice("order", of: SortOrder.self) }
        #expect(try Query("order=asc").choice("order", of: SortOrder.self) == .ascending)
        #expect(throws: APIError.self) { try Query("all=yes").flag("all") }
        #expect(throws: APIError.self) { try Query("after=" + String(repeating: "x", count: 200)).cursor() }
        #expect(throws: APIError.self) { try Query("since=yesterday").time("since") }
    }
}

struct MomentTextTests {
    @Test(arguments: [
        ("0", 0), ("1700000000", 1_700_000_000_000), ("1970-01-01T00:00:00Z", 0),
        ("2026-11-22T10:00:00Z", 1_795_341_600_000), ("2026-11-22t12:30:00.5+02:30", 1_795_341_600_500),
        ("2024-02-29 23:59:59.123456789-00:00", 1_709_251_199_123), ("1999-12-31T23:59:60Z", 946_684_800_000),
    ])
    func reads(text: String, milliseconds: Int64) {
        #expect(MomentText.parse(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "x", "-1", "1.5", "253402300800", "99999999999999999999", "2026-11-22", "2026-11-22T10:00:00",
        "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T10:60:00Z",
        "2026-11-22T10:00:00+25:00", "2026-11-22T10:00:00.Z", "2026-11-22T10:00:00ZZ", "2026-11-2210:00:00Z000000",
        "2026-1a-22T10:00:00Z", "1969-12-31T23:59:59Z", "+026-11-22T10:00:00Z",
    ])
    func refuses(text: String) {
        #expect(MomentText.parse(text) == nil)
    }

    @Test func civilTimeGoesBothWays() {
        for day in stride(from: Int64(-800_000), through: 800_000, by: 37) {
            let seconds = day * 86_400 + 86_399
            #expect(CivilTime(unixSeconds: seconds).unixSeconds == seconds)
        }
        #expect(CivilTime(unixSeconds: 951_782_400) == CivilTime(year: 2000, month: 2, day: 29))
    }

    @Test func dateHeader() {
        #expect(DateHeader.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(DateHeader.text(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        let header = DateHeader()
        #expect(header.value(at: Timestamp(milliseconds: 999)) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(header.value(at: Timestamp(milliseconds: 1000)) == "Thu, 01 Jan 1970 00:00:01 GMT")
    }
}

struct DeadlineFieldTests {
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)

    private static func read(_ value: String) throws -> Timestamp {
        try DeadlineField.read(JSONFields(body: Array("{\"deadline\":\(value)}".utf8)), at: now)
    }

    @Test func reads() throws {
        #expect(try Self.read("null") == Self.now.adding(.seconds(86_400)))
        #expect(try Self.read("\"15m\"") == Self.now.adding(.seconds(900)))
        #expect(try Self.read("1700000060") == Self.now.adding(.seconds(60)))
        #expect(try Self.read("\"2023-11-14T22:13:30Z\"") == Self.now.adding(.seconds(10)))
    }

    @Test(arguments: [
        "\"soon\"", "\"\"", "true", "[]", "1700000000", "1699999999", "1.7e9", "\"31d\"", "-5", "1800000000",
        "9223372036854775807", "99999999999999999999999", "\"2023-11-14T22:13:20Z\"",
    ])
    func refuses(value: String) throws {
        let error = try #require(throws: APIError.self) { try Self.read(value) }
        #expect(error.param == "deadline")
        #expect(error.code == "invalid_deadline")
    }
}

struct JSONFieldsTests {
    @Test(arguments: [
        #"{"a":1,"a":2}"#, #"{"text":5}"#, #"{"text":""}"#, #"{"text":"\u0000"}"#, #"{"int":1.5}"#, #"{"int":"1"}"#,
        #"{"int":99999999999999999999}"#, #"{"int":11}"#, #"{"flag":"true"}"#, #"{"word":"up"}"#, #"{"object":[]}"#,
        #"{"object":{"x":1,"x":1}}"#, #"{"unknown":null}"#,
    ])
    func refuses(text: String) throws {
        let error = try #require(throws: APIError.self) {
            let fields = try JSONFields(body: Array(text.utf8))
            try fields.allowOnly(["a", "text", "int", "flag", "word", "object"])
            _ = try fields.text("text")
            _ = try fields.int("int", in: 0...10)
            _ = try fields.flag("flag")
            _ = try fields.choice("word", of: SortOrder.self)
            _ = try fields.fields("object")
        }
        #expect(error.status == .badRequest)
        #expect(error.param != nil)
    }

    @Test func pathsNameTheField() throws {
        let fields = try JSONFields(body: Array(#"{"outer":{"inner":5}}"#.utf8))
        let error = try #require(throws: APIError.self) { try fields.fields("outer")?.text("inner") }
        #expect(error.param == "outer.inner")
    }

    @Test func metadataHasLimits() throws {
        func read(_ json: String) throws -> [MetadataPair]? {
            try MetadataField.read(JSONFields(body: Array(#"{"metadata":\#(json)}"#.utf8)))
        }
        let many = "{" + (0..<17).map { "\"k\($0)\":\"\"" }.joined(separator: ",") + "}"
        let long = String(repeating: "\u{e9}", count: 65)
        for bad in [many, #"{"k":1}"#, #"{"":"x"}"#, "{\"\(long)\":\"\"}", #"{"k":"\#0"}"#, "[]", #"{"k":null}"#] {
            #expect(throws: (any Error).self, "\(bad)") { try read(bad) }
        }
        #expect(throws: APIError.self) { try read("{\"k\":\"" + String(repeating: "x", count: 513) + "\"}") }
        #expect(try read("null") == nil)
        #expect(try read("{}") == [])
        let fit = String(repeating: "\u{e9}", count: 64)
        #expect(try read("{\"\(fit)\":\"v\"}") == [MetadataPair(key: fit, value: "v")])
    }
}
