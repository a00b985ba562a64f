import Testing

@testable import Fetch

@Suite struct FetchHeadersTests {
    @Test func namesCompareWithoutCase() {
        let headers: FetchHeaders = ["Content-Type": "a", "X-A": "1", "x-a": "2"]
        #expect(headers["content-TYPE"] == "a")
        #expect(headers.values("X-a") == ["1", "2"])
        #expect(headers["content-typ"] == nil)
        // Not letters: 0x40 and 0x60 differ in the same bit as "A" and "a".
        #expect((["@": "1"] as FetchHeaders)["`"] == nil)
    }
}

@Suite struct ResponseHeadParserTests {
    private func steps(_ lines: [[UInt8]], maxBytes: Int = 1000) -> [ResponseHeadParser.Step] {
        var parser = ResponseHeadParser(maxBytes: maxBytes)
        return lines.map { line in line.withUnsafeBytes { parser.consume($0) } }
    }

    private func steps(_ lines: [String], maxBytes: Int = 1000) -> [ResponseHeadParser.Step] {
        steps(lines.map { Array(($0 + "\r\n").utf8) }, maxBytes: maxBytes)
    }

    @Test func aFinalHeadComesAfterInformationalOnes() {
        let steps = steps([
            "HTTP/1.1 103 Early Hints", "Link: x", "", "HTTP/1.1 200 OK", "A:  1 ", "a: 2", "", "Trailer: dropped",
        ])
        let head = ResponseHead(status: 200, version: .http11, headers: ["A": "1", "a": "2"])
        #expect(steps == [.more, .more, .more, .more, .more, .more, .complete(head), .more])
    }

    @Test func http2HasNoReasonPhrase() {
        #expect(steps(["HTTP/2 404 ", ""]).last == .complete(ResponseHead(status: 404, version: .http2)))
    }

    @Test func bytesThatAreNotUTF8AreLatin1() {
        let lines: [[UInt8]] = [Array("HTTP/1.1 200\r\n".utf8), Array("X: caf".utf8) + [0xE9, 13, 10], [13, 10]]
        #expect(steps(lines).last == .complete(ResponseHead(status: 200, version: .http11, headers: ["X": "café"])))
    }

    @Test func utf8StaysAndFoldedLinesJoin() {
        let steps = steps(["HTTP/1.0 200 OK", "X: caf\u{E9}", "\tcrème", "Empty:", ""])
        let headers: FetchHeaders = ["X": "café crème", "Empty": ""]
        #expect(steps.last == .complete(ResponseHead(status: 200, version: .http10, headers: headers)))
    }

    @Test(arguments: ["ICY 200 OK", "HTTP/1.1", "HTTP/1.1 abc", "HTTP/1.1 99 Low", "HTTP/3 200"])
    func otherStatusLinesAreMalformed(line: String) {
        #expect(steps([line]) == [.malformed])
    }

    @Test(arguments: ["no colon", ": no name"])
    func otherFieldsAreMalformed(line: String) {
        #expect(steps(["HTTP/1.1 200 OK", line]).last == .malformed)
    }

    @Test func theSectionIsBounded() {
        #expect(steps(["HTTP/1.1 200 OK", "A: 1"], maxBytes: 23) == [.more, .more])
        #expect(steps(["HTTP/1.1 200 OK", "A: 1"], maxBytes: 22) == [.more, .tooLarge])
    }

    @Test func contentLengthMustBeOneNumber() {
        #expect(ResponseHead(status: 200, version: .http11, headers: ["content-length": "12"]).contentLength == 12)
        #expect(ResponseHead(status: 200, version: .http11, headers: ["content-length": "x"]).contentLength == nil)
        let twice: FetchHeaders = ["content-length": "1", "Content-Length": "2"]
        #expect(ResponseHead(status: 200, version: .http11, headers: twice).contentLength == nil)
    }
}
