import Testing

@testable import Intake

struct MultipartParserTests {
    private typealias Item = FormItem

    private static func items(_ text: String, boundary: String = "b") throws -> [Item] {
        try Item.read([Array(text.utf8)[...]], boundary: boundary)
    }

    /// Data full of what looks like a boundary.
    private static let tricky = "line\r\n--b\r\n-- \r\n------boundary4\r\n\r\r\n------boundary4\n\r\n"

    private static var form: Form {
        var form = Form()
        form.add("purpose", "batch")
        form.add("empty", "")
        form.add("file", filename: "a \\\"b\\\".jsonl", Array(tricky.utf8))
        form.add("expires_after[seconds]", "3600")
        return form
    }

    private static let expected: [Item] = [
        Item("purpose", filename: nil, Array("batch".utf8)), Item("empty", filename: nil, []),
        Item("file", filename: "a \"b\".jsonl", Array(tricky.utf8)),
        Item("expires_after[seconds]", filename: nil, Array("3600".utf8)),
    ]

    @Test func readsAWholeForm() throws {
        #expect(try Item.read([Self.form.bytes[...]], boundary: Self.form.boundary) == Self.expected)
    }

    @Test func everySplitPointGivesTheSame() throws {
        let bytes = Self.form.bytes
        for place in 0...bytes.count {
            let pieces = [bytes[..<place], bytes[place...]]
            #expect(try Item.read(pieces, boundary: Self.form.boundary) == Self.expected, "split at \(place)")
        }
    }

    @Test(arguments: [1, 2, 3, 7])
    func smallPiecesGiveTheSame(size: Int) throws {
        let bytes = Self.form.bytes
        let pieces = stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
        #expect(try Item.read(pieces, boundary: Self.form.boundary) == Self.expected)
    }

    @Test func everyPrefixIsIncomplete() {
        let bytes = Self.form.bytes.dropLast(4)
        for length in 0...bytes.count {
            #expect(throws: MultipartError.incomplete, "length \(length)") {
                try Item.read([bytes.prefix(length)], boundary: Self.form.boundary)
            }
        }
    }

    @Test func keepsLittleOfALargeFile() throws {
        var parser = MultipartParser(boundary: "b")
        parser.append(Array("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n".utf8))
        _ = try parser.next()
        var total = 0
        for _ in 0..<100 {
            parser.append([UInt8](repeating: 65, count: 10_000))
            while case .data(let data)? = try parser.next() { total += data.count }
        }
        #expect(total == 1_000_000)
    }

    @Test func passesOverWhatStandsBeforeAndAfter() throws {
        let text = "preamble\r\n--b  \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--\r\nepilogue --b\r\n"
        #expect(try Self.items(text) == [Item("a", filename: nil, Array("1".utf8))])
    }

    @Test func headerNamesHaveNoCase() throws {
        let text = "--b\r\nx-other: 1\r\nCONTENT-disposition:FORM-DATA;NAME=\"a\"\r\n\r\n1\r\n--b--"
        #expect(try Self.items(text) == [Item("a", filename: nil, Array("1".utf8))])
    }

    @Test(arguments: [
        ("filename=\"x.jsonl\"", "x.jsonl"),
        ("filename=x.jsonl", "x.jsonl"),
        ("filename=\"C:\\dir\\x.jsonl\"", "x.jsonl"),
        ("filename=\"../../etc/x.jsonl\"", "x.jsonl"),
        ("filename=\"\u{e9}t\u{e9}.jsonl\"", "\u{e9}t\u{e9}.jsonl"),
        ("filename=\"a;b=c.jsonl\"", "a;b=c.jsonl"),
        ("filename=\"plain.jsonl\"; filename*=UTF-8''%e2%82%ac%20rates.jsonl", "\u{20ac} rates.jsonl"),
        ("filename*=utf-8'en'x%2Fy.jsonl", "y.jsonl"),
        ("filename*=latin1''x.jsonl; filename=fallback.jsonl", "fallback.jsonl"),
        ("filename*=UTF-8''%zz; filename=fallback.jsonl", "fallback.jsonl"),
        ("filename=\"\"", ""),
    ])
    func readsFilenames(parameter: String, name: String) throws {
        let text = "--b\r\nContent-Disposition: form-data; name=\"file\"; \(parameter)\r\n\r\n\r\n--b--"
        #expect(try Self.items(text) == [Item("file", filename: name, [])])
    }

    @Test(arguments: [
        "--b\r\n\r\nno headers\r\n--b--",
        "--b\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; filename=a\r\n\r\n1\r\n--b--",
    ])
    func refusesAPartWithoutAName(text: String) {
        #expect(throws: MultipartError.noName) { try Self.items(text) }
    }

    @Test(arguments: [
        "--bx\r\n",
        "--b\r\nno colon\r\n\r\n",
        "--b\r\nContent-Disposition: form-data; name=\"open\r\n\r\n",
        "--b\r\nContent-Disposition: form-data; name\r\n\r\n",
        "--b\r\nContent-Disposition: form-data; name=\"a\"x\r\n\r\n",
        "--b\r\nContent-Disposition: form-data; name=a; filename=\"\0\"\r\n\r\n",
    ])
    func refusesMalformedForms(text: String) {
        #expect(throws: MultipartError.malformed) { try Self.items(text) }
    }

    @Test func boundsWhatItKeeps() {
        let long = String(repeating: "x", count: 9000)
        #expect(throws: MultipartError.headersTooLong) { try Self.items("--b\r\nA: \(long)\r\n\r\n") }
        #expect(throws: MultipartError.headersTooLong) { try Self.items("--b\r\nA: \(long)") }
        #expect(throws: MultipartError.preambleTooLong) { try Self.items(long) }
        #expect(throws: MultipartError.malformed) { try Self.items("--b" + String(repeating: " ", count: 9000)) }
    }

    @Test(arguments: [
        ("multipart/form-data; boundary=abc", "abc"),
        ("Multipart/Form-Data;BOUNDARY=\"a b\"", "a b"),
        ("multipart/form-data; charset=utf-8; boundary=----x", "----x"),
    ])
    func readsTheBoundary(type: String, boundary: String) throws {
        #expect(try MultipartParser.boundary(ofContentType: type) == boundary)
    }

    @Test(arguments: [
        nil, "", "application/json", "multipart/mixed; boundary=a", "multipart/form-data",
        "multipart/form-data; boundary=", "multipart/form-data; boundary=\"a",
        "multipart/form-data; boundary=" + String(repeating: "x", count: 71),
    ])
    func refusesOtherTypes(type: String?) {
        #expect(throws: MultipartError.noBoundary) { try MultipartParser.boundary(ofContentType: type) }
    }
}
