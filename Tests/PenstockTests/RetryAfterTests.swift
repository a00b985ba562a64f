import Penstock
import Testing

@Suite struct RetryAfterTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
    private static let example: Int64 = 784_111_777

    private func read(_ text: String?, at seconds: Int64) -> Duration? {
        RetryAfter.read(text, at: Timestamp(milliseconds: seconds * 1000))
    }

    @Test(arguments: [("120", 120), ("0", 0), ("99999999999999999999", 604_800)])
    func seconds(_ text: String, _ seconds: Int) {
        #expect(read(text, at: 5) == .seconds(seconds))
    }

    @Test func aFractionIsRoundedUp() {
        #expect(read("0.5", at: 5) == .milliseconds(500))
        #expect(read("1.0001", at: 5) == .milliseconds(1001))
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 60), ("Sun, 06 Nov 1994 08:49:38 GMT", 61),
        ("Mon, 07 Nov 1994 08:49:37 GMT", 86_460), ("Thu, 29 Feb 2096 00:00:00 GMT", 604_800),
    ])
    func dates(_ text: String, _ seconds: Int) {
        #expect(read(text, at: Self.example - 60) == .seconds(seconds))
    }

    @Test(
        arguments: [
            ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199), ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
            ("Sun, 31 Dec 2000 23:59:59 GMT", 978_307_199), ("Thu, 01 Jan 1970 00:01:00 GMT", 60),
        ] as [(String, Int64)]
    )
    func leapYears(_ text: String, _ moment: Int64) {
        #expect(read(text, at: moment - 1) == .seconds(1))
        #expect(read(text, at: moment) == nil)
    }

    @Test(arguments: [
        nil, "", "-1", ".5", "1.5.2", "1e3", "nan", "inf", " 3", "soon",
        "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 0x Nov 2094 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun, 06 Nov 2094 08:49 GMT", "Sun, +6 Nov 2094 08:49:37 GMT",
    ])
    func nonsenseIsNoHint(_ text: String?) {
        #expect(read(text, at: 1) == nil)
    }
}
