import JSON
import Penstock
import Testing

@testable import Providers

struct RetryHintTests {
    private func hint(_ headers: [String: String], _ body: String = "{}") throws -> Duration? {
        RetryHint.read({ headers[$0] }, body: try JSONDocument(parsing: Array(body.utf8)).root, at: Sample.now)
    }

    @Test(
        arguments: [
            (["retry-after": "7"], .seconds(7)), (["retry-after": "0.5"], .milliseconds(500)),
            (["retry-after": "0"], .zero), (["retry-after-ms": "1500", "retry-after": "9"], .milliseconds(1500)),
            (["x-ms-retry-after-ms": "250"], .milliseconds(250)),
            // Azure's.
            (["retry-after-ms": "0", "retry-after": "1"], .seconds(1)),
            (["retry-after": "9999999"], .seconds(3600)), (["retry-after-ms": "9999999999999"], .seconds(3600)),
            (["retry-after": "-1"], nil), (["retry-after": "nan"], nil), (["retry-after": "inf"], nil),
            (["retry-after": "1e9"], nil), (["retry-after-ms": "-5"], nil),
            (["retry-after": "Tue, 14 Nov 2023 22:13:30 GMT"], .seconds(10)),
            (["retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"], nil), ([:], nil),
        ] as [([String: String], Duration?)]
    )
    func headers(_ headers: [String: String], _ expected: Duration?) throws {
        #expect(try hint(headers) == expected)
    }

    @Test(
        arguments: [
            ("Rate limit reached for x: Limit 30, Used 30. Please try again in 1.78s.", .milliseconds(1780)),
            ("Please try again in 6m0s. Visit https://example.com.", .seconds(360)),
            ("Please try again in 120ms", .milliseconds(120)),
            ("Quota exceeded, limit: 100\nPlease retry in 48.939935699s.", .milliseconds(48_940)),
            ("Please retry after 26 seconds. Go to the portal.", .seconds(26)),
            ("Try again in 2 minutes.", .seconds(120)), ("try again in 1 hour", .seconds(3600)),
            ("Please try again in a moment.", nil), ("Please try again in ", nil), ("try again in 5", nil),
            ("try again in 99999999999999999999s", nil), ("", nil), ("retry in -3s", nil),
        ] as [(String, Duration?)]
    )
    func words(_ message: String, _ expected: Duration?) throws {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("error")
            writer.object { $0.member("message", message) }
        }
        let body = String(decoding: writer.bytes, as: UTF8.self)
        #expect(try hint([:], body) == expected)
        #expect(try hint(["retry-after": "5"], body) == .seconds(5))
        #expect(try hint(["retry-after": "0"], body) == expected ?? .zero)
    }

    private func google(_ delay: String, quota: String = "PerModelPerMinute", message: String = "no") -> String {
        """
        [{"error":{"code":429,"message":"\(message)","status":"RESOURCE_EXHAUSTED","details":[
          {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"\(quota)"}]},
          {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"\(delay)"}]}}]
        """
    }

    @Test func googlesDetails() throws {
        // The fraction is cut off: a second more.
        #expect(try hint([:], google("48s")) == .seconds(49))
        #expect(try hint([:], google("48s", message: "Please retry in 48.9s.")) == .milliseconds(48_900))
        #expect(try hint([:], google("7s", quota: "GenerateRequestsPerDayPerProject")) == .seconds(60))
        #expect(try hint([:], google("99s", quota: "GenerateRequestsPerDayPerProject")) == .seconds(100))
        #expect(try hint([:], google("soon")) == nil)
        #expect(try hint([:], #"{"error":{"details":[5,{"@type":7},null]}}"#) == nil)
        #expect(try hint([:], #"{"error":"busy"}"#) == nil)
    }

    @Test func aRecordedRefusal() throws {
        guard case .failed(let failure) = try Golden("gemini--rate-limit").outcome() else {
            Issue.record("no failure")
            return
        }
        #expect(failure.error.errorClass == .providerRateLimited)
        #expect(failure.retryAfter == .milliseconds(48_940))
    }
}
