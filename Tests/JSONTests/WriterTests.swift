import JSON
import JSONFuzz
import Testing

struct WriterTests {
    @Test func commasAreSetBetweenValuesOnly() {
        let result = written { writer in
            writer.beginObject()
            writer.key("a")
            writer.beginArray()
            writer.int(1)
            writer.beginArray()
            writer.endArray()
            writer.beginObject()
            writer.endObject()
            writer.string("x")
            writer.endArray()
            writer.key("b")
            writer.bool(false)
            writer.key("c")
            writer.null()
            writer.endObject()
        }
        #expect(result == #"{"a":[1,[],{},"x"],"b":false,"c":null}"#)
    }

    @Test func lineSeparatorsAreEscapedOnOneLine() {
        let raw = Array("[\"\u{2028}a\u{2029}\u{85}\",\"é\u{84}\u{86}\u{2027}\u{202A}…\u{2028}\"]".utf8)
        let escaped = #"["\u2028a\u2029\u0085","# + "\"é\u{84}\u{86}\u{2027}\u{202A}…" + #"\u2028"]"#
        #expect(written { $0.onOneLine { $0.raw(raw) } } == escaped)
        #expect(written { $0.onOneLine { $0.string("plain") } } == #""plain""#)
        let mixed = written { writer in
            writer.object { writer in
                writer.member("before", "\u{2028}")
                writer.key("line")
                writer.onOneLine { $0.string("\u{2028}") }
                writer.member("after", 1)
            }
        }
        #expect(mixed == "{\"before\":\"\u{2028}\",\"line\":\"\\u2028\",\"after\":1}")
    }

    @Test func closuresNest() {
        let result = written { writer in
            writer.object { writer in
                writer.key("list")
                writer.array { writer in
                    writer.object { $0.member("i", 1) }
                    writer.object { $0.member("i", 2) }
                }
                writer.member("end", true)
            }
        }
        #expect(result == #"{"list":[{"i":1},{"i":2}],"end":true}"#)
    }

    @Test func closuresPassErrorsOn() {
        struct Failure: Error, Equatable {}
        var writer = JSONWriter()
        #expect(throws: Failure()) {
            try writer.array { (_) throws(Failure) in throw Failure() }
        }
    }

    @Test func membersWriteNullOrNothingForNil() {
        let result = written { writer in
            writer.object { writer in
                writer.member("s", String?.none)
                writer.member("i", Int64?.none)
                writer.member("j", Int?.none)
                writer.member("b", Bool?.none)
                writer.memberIfPresent("s2", String?.none)
                writer.memberIfPresent("i2", Int64?.none)
                writer.memberIfPresent("j2", Int?.none)
                writer.memberIfPresent("b2", Bool?.none)
                writer.member("s3", "x")
                writer.memberIfPresent("i3", Int64(5))
                writer.memberIfPresent("j3", 6)
                writer.memberIfPresent("b3", false)
                writer.memberIfPresent("s4", "")
            }
        }
        #expect(result == #"{"s":null,"i":null,"j":null,"b":null,"s3":"x","i3":5,"j3":6,"b3":false,"s4":""}"#)
    }

    @Test(arguments: [Int64.min, -1, 0, 9, 10, 1_234_567_890, .max]) func integers(value: Int64) throws {
        #expect(written { $0.int(value) } == value.description)
        #expect(try JSONDocument(written { $0.int(value) }).root.int64 == value)
    }

    @Test func stringsAreEscaped() {
        #expect(
            written { $0.string("\"\\/\n\r\t\u{8}\u{C}\u{0}\u{1F}\u{7F}é\u{2028}😀") }
                == "\"\\\"\\\\/\\n\\r\\t\\b\\f\\u0000\\u001f\u{7F}é\u{2028}😀\""
        )
        #expect(written { $0.object { $0.member("a\"b", "") } } == #"{"a\"b":""}"#)
    }

    /// Every ASCII character at every place of the eight that are looked at together, between characters of two bytes.
    @Test func everyCharacterSurvivesAtEveryPlace() throws {
        for value in UInt8(0)..<0x80 {
            for place in 0..<16 {
                var scalars = [Unicode.Scalar](repeating: "é", count: 16)
                scalars[place] = Unicode.Scalar(value)
                let original = String(String.UnicodeScalarView(scalars))
                #expect(try JSONDocument(written { $0.string(original) }).root.string == original)
            }
        }
    }

    @Test func randomTextSurvives() throws {
        var random = SplitMix64(seed: 7)
        for _ in 0..<2000 {
            let original = randomText(using: &random)
            let result = written { $0.object { $0.member(original, original) } }
            #expect(!result.utf8.contains { $0 < 0x20 })
            let member = try #require(JSONDocument(result).root.members.first { _ in true })
            #expect(member.key.utf8.elementsEqual(original.utf8))
            #expect(try #require(member.value.string).utf8.elementsEqual(original.utf8))
        }
    }

    @Test func rawAndNumberTextPassThroughOnOneLine() {
        let result = written { writer in
            writer.array { writer in
                writer.raw(Array("{\"a\":\n[1,\r\n2]}".utf8))
                writer.raw("\"x\"".utf8)
                writer.number(text: "-0.250")
            }
        }
        #expect(result == "[{\"a\": [1,  2]},\"x\",-0.250]")
    }

    @Test func reservingChangesNothing() {
        var writer = JSONWriter()
        writer.int(1)
        writer.reserve(1000)
        #expect(writer.bytes == Array("1".utf8))
        #expect(writer.bytes.capacity >= 1001)
    }

    private func randomText(using random: inout SplitMix64) -> String {
        let ceilings: [UInt32] = [0x20, 0x80, 0x800, 0x10000, 0x110000]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...40, using: &random) {
            let ceiling = ceilings[Int.random(in: 0..<ceilings.count, using: &random)]
            guard let scalar = Unicode.Scalar(UInt32.random(in: 0..<ceiling, using: &random)) else { continue }
            text.append(scalar)
        }
        return String(text)
    }
}
