import JSON
import Testing

struct EditingTests {
    @Test func severalValuesAtOnce() throws {
        let document = try JSONDocument(parsing: Array(#" {"a": [1, {"b":2}], "c" : 3} "#.utf8))
        let inner = try #require(document.root["a"]?.elements.first { $0.kind == .object }?["b"])
        let last = try #require(document.root["c"])
        let edited = document.replacing([(inner, Array("[]".utf8)), (last, Array(#""long""#.utf8))])
        #expect(String(decoding: edited, as: UTF8.self) == #" {"a": [1, {"b":[]}], "c" : "long"} "#)
        #expect(document.replacing([]) == document.bytes)
    }

    private let source = " {\"a\" : 1,\n \"model\":\"x\\u0079\" , \"n\":{\"model\":[1, 2]} }\r\n"

    @Test func replacingTouchesOneValueOnly() throws {
        let document = try JSONDocument(source)
        let model = try #require(document.root["model"])
        #expect(
            text(document.replacing(model, with: Array("\"long name\"".utf8)))
                == " {\"a\" : 1,\n \"model\":\"long name\" , \"n\":{\"model\":[1, 2]} }\r\n"
        )
        let inner = try #require(document.root.path("n", "model"))
        #expect(
            text(document.replacing(inner, with: Array("0".utf8)))
                == " {\"a\" : 1,\n \"model\":\"x\\u0079\" , \"n\":{\"model\":0} }\r\n"
        )
        #expect(text(document.replacing(document.root, with: Array("[]".utf8))) == " []\r\n")
        #expect(document.bytes == Array(source.utf8))
    }

    @Test(arguments: [
        (#"{"a":1,"b":2,"c":3}"#, "a", #"{"b":2,"c":3}"#), (#"{"a":1,"b":2,"c":3}"#, "b", #"{"a":1,"c":3}"#),
        (#"{"a":1,"b":2,"c":3}"#, "c", #"{"a":1,"b":2}"#), (#"{ "a" : 1 }"#, "a", "{  }"),
        (#"{"a":1}"#, "x", #"{"a":1}"#),
        ("{ }", "a", "{ }"), (#"{ "a":1 , "b":2 }"#, "a", #"{ "b":2 }"#), (#"{ "a":1 , "b":2 }"#, "b", #"{ "a":1 }"#),
        (#"{"a":1,"a":2}"#, "a", "{}"), (#"{"a":1,"b":2,"\u0061":3}"#, "a", #"{"b":2}"#),
        (#"{"a":1,"a":2,"b":{"a":3}}"#, "a", #"{"b":{"a":3}}"#), (#"{"b":0,"a":[1],"a":{}}"#, "a", #"{"b":0}"#),
    ]) func removing(before: String, key: String, after: String) throws {
        #expect(text(try JSONDocument(before).removingMember(key)) == after)
    }

    @Test(arguments: [
        (#"{"a":1,"b":2}"#, "a", #"{"a":7,"b":2}"#), (#"{"a":1 }"#, "b", #"{"a":1,"b":7 }"#),
        (" { } ", "b", #" {"b":7 } "#),
        (#"{"a":1,"a":[2]}"#, "a", #"{"a":7,"a":7}"#), (#"{"\u0061":1}"#, "a", #"{"\u0061":7}"#),
        ("{}", "q\"\n", #"{"q\"\n":7}"#), (#"{"n":{"a":1}}"#, "a", #"{"n":{"a":1},"a":7}"#),
    ]) func setting(before: String, key: String, after: String) throws {
        #expect(text(try JSONDocument(before).settingMember(key, to: Array("7".utf8))) == after)
    }

    @Test func onlyObjectsHaveMembers() throws {
        let array = try JSONDocument(" [1]")
        let error = try #require(throws: JSONError.self) { try array.removingMember("a") }
        #expect(error.code == .notAnObject)
        #expect(error.offset == 1)
        #expect(throws: error) { try array.settingMember("a", to: Array("1".utf8)) }
    }
}
