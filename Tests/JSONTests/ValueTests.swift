import JSON
import Testing

struct ValueTests {
    @Test func kindsAndRanges() throws {
        let source = #" {"o":{},"a":[ ],"s":"x","n":-1.5,"t":true,"f":false,"z":null} "#
        let root = try JSONDocument(source).root
        #expect(root.kind == .object)
        #expect(root.range == 1..<source.utf8.count - 1)
        #expect(root.members.map(\.key) == ["o", "a", "s", "n", "t", "f", "z"])
        #expect(root.members.map(\.value.kind) == [.object, .array, .string, .number, .bool, .bool, .null])
        #expect(
            root.members.map { text($0.value.rawBytes) } == ["{}", "[ ]", "\"x\"", "-1.5", "true", "false", "null"]
        )
        #expect(root["t"]?.bool == true)
        #expect(root["f"]?.bool == false)
        #expect(root["z"]?.isNull == true)
        #expect(root["missing"] == nil)
        #expect(root.count == 7)
    }

    @Test func accessorsOfAnotherKindReturnNothing() throws {
        let number = try JSONDocument("12").root
        #expect(number.string == nil && number.bool == nil && !number.isNull && number["a"] == nil)
        #expect(number.count == 0 && number.members.isEmpty && number.elements.isEmpty && number.duplicateKey == nil)
        let string = try JSONDocument("\"12\"").root
        #expect(string.int64 == nil && string.double == nil)
        let array = try JSONDocument(#"["a",1]"#).root
        #expect(array["a"] == nil && array.members.isEmpty && array.count == 2)
        #expect(try JSONDocument(#"{"a":1}"#).root.elements.isEmpty)
    }

    @Test func childrenSkipWhatTheyHold() throws {
        let root = try JSONDocument(#"[{"a":[1,[2,{"b":3}]],"c":4},[[]],5]"#).root
        #expect(root.elements.map { text($0.rawBytes) } == [#"{"a":[1,[2,{"b":3}]],"c":4}"#, "[[]]", "5"])
        #expect(root.elements.first { _ in true }?["c"]?.int64 == 4)
        #expect(root.elements.map(\.count) == [2, 1, 0])
    }

    @Test func escapesAreUndone() throws {
        #expect(try JSONDocument(#""\"\\\/\b\f\n\r\t""#).root.string == "\"\\/\u{8}\u{C}\n\r\t")
        #expect(try JSONDocument(#""a\u0000b\u00e9\u20AC\ud83d\uDE00 é€😀""#).root.string == "a\u{0}bé€😀 é€😀")
        #expect(try JSONDocument(#""\udbff\udfff\ud800\udc00\uffff""#).root.string == "\u{10FFFF}\u{10000}\u{FFFF}")
        #expect(try JSONDocument(#""""#).root.string == "")
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("42", 42), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("92233720368547758070", nil), ("1.0", nil),
            ("1e2", nil),
        ] as [(String, Int64?)]
    )
    func integers(literal: String, expected: Int64?) throws {
        #expect(try JSONDocument(literal).root.int64 == expected)
    }

    @Test(
        arguments: [
            ("0", 0), ("1.5", 1.5), ("-2e3", -2000), ("1E-2", 0.01), ("1e308", 1e308), ("1e309", nil), ("-1e400", nil),
            ("1e-400", 0),
            ("18446744073709551616", 18_446_744_073_709_551_616), ("0.1", 0.1),
        ] as [(String, Double?)]
    )
    func doubles(literal: String, expected: Double?) throws {
        #expect(try JSONDocument(literal).root.double == expected)
    }

    @Test func keysAreFoundUnescapedAndExactly() throws {
        let root = try JSONDocument(#"{"\u0061b":1,"e\u0301":2,"é":3,"ab":4,"":5}"#).root
        #expect(root["ab"]?.int64 == 1)
        #expect(root["e\u{301}"]?.int64 == 2)
        #expect(root["\u{E9}"]?.int64 == 3)
        #expect(root[""]?.int64 == 5)
        #expect(root["a"] == nil && root["abc"] == nil)
    }

    @Test func pathsFollowObjects() throws {
        let root = try JSONDocument(#"{"usage":{"prompt_tokens":12,"details":{"cached":3}}}"#).root
        #expect(root.path("usage", "prompt_tokens")?.int64 == 12)
        #expect(root.path("usage", "details", "cached")?.int64 == 3)
        #expect(root.path("usage", "prompt_tokens", "x") == nil)
        #expect(root.path("nothing", "x") == nil)
        #expect(root.path()?.range == root.range)
    }

    @Test func duplicateKeysAreFound() throws {
        #expect(try JSONDocument(#"{"a":1,"b":2,"a":3}"#).root.duplicateKey == "a")
        #expect(try JSONDocument(#"{"a":1,"b":2,"\u0061":3}"#).root.duplicateKey == "a")
        #expect(try JSONDocument(#"{"b":1,"a":2,"a":3,"b":4}"#).root.duplicateKey == "a")
        #expect(try JSONDocument(#"{"":1,"":2}"#).root.duplicateKey == "")
        #expect(try JSONDocument(#"{"a":1,"A":2,"a ":3}"#).root.duplicateKey == nil)
        #expect(try JSONDocument(#"{"a":{"x":1,"x":2},"x":3}"#).root.duplicateKey == nil)
        #expect(try JSONDocument("{}").root.duplicateKey == nil)
        #expect(try JSONDocument("{\"\u{E9}\":1,\"e\u{301}\":2}").root.duplicateKey == nil)
    }

    @Test(.timeLimit(.minutes(1))) func duplicateKeysInLargeObjectsTakeLinearTime() throws {
        let members = (0..<100_000).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
        #expect(try JSONDocument("{\(members)}").root.duplicateKey == nil)
        #expect(try JSONDocument("{\(members),\"k\\u0065y7\":0}").root.duplicateKey == "key7")
    }

    @Test(arguments: [2, 15, 16, 17, 40]) func duplicateKeysAreFoundOnBothPaths(count: Int) throws {
        let members = (0..<count - 1).map { "\"k\($0)\":0" }.joined(separator: ",")
        #expect(try JSONDocument("{\(members)}").root.duplicateKey == nil)
        #expect(try JSONDocument("{\(members),\"k0\":1}").root.duplicateKey == "k0")
    }

    @Test func builderGivesTheSameDocument() throws {
        let bytes = Array(#"{"a":[1,"é\n",null],"b":{"c":true}}"#.utf8)
        for split in 0...bytes.count {
            var builder = JSONDocumentBuilder()
            builder.reserve(bytes.count)
            try builder.append(bytes[..<split])
            try builder.append(Array(bytes[split...]))
            let document = try builder.finish()
            #expect(document.bytes == bytes)
            #expect(document.root["a"]?.elements.map(\.range) == [6..<7, 8..<14, 15..<19])
            #expect(document.root.path("b", "c")?.bool == true)
        }
    }

    @Test func builderRefusesAtTheFirstBadByte() throws {
        var builder = JSONDocumentBuilder(limits: JSONLimits(maxBytes: 4))
        try builder.append(Array("[1, ".utf8))
        #expect(throws: JSONError.self) { try builder.append(Array("2".utf8)) }
        var unfinished = JSONDocumentBuilder()
        try unfinished.append(Array("[1".utf8))
        let builderAtEnd = unfinished
        #expect(throws: JSONError.self) { try builderAtEnd.finish() }
    }
}

extension Sequence {
    /// Sequences here have no `isEmpty` of their own.
    fileprivate var isEmpty: Bool { !contains { _ in true } }
}
