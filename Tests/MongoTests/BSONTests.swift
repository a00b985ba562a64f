import Mongo
import Testing

/// Documents are written and read by libbson; what goes in comes out.
@Suite struct BSONTests {
    @Test func everyTypeComesBack() throws {
        let document: BSONDocument = [
            "text": "a", "long": .integer(Int64.max), "small": 7, "flag": true, "bytes": .bytes([0, 255, 10]),
            "null": .null, "nothing": nil, "nested": ["b": ["c": "d"]], "list": ["x", "y"],
            "documents": [["n": 1], ["n": 2]],
        ]
        #expect(try document.read { try $0.text("text") } == "a")
        #expect(try document.read { try $0.integer("long") } == .max)
        #expect(try document.read { try $0.int("small") } == 7)
        #expect(try document.read { try $0.flag("flag") })
        #expect(try document.read { try $0.bytes("bytes") } == [0, 255, 10])
        #expect(try document.read { try $0.optionalText("null") } == nil)
        #expect(try document.read { try $0.optionalText("nothing") } == nil)
        #expect(try document.read { try $0.texts("list") } == ["x", "y"])
        let numbers = try document.read { fields in try fields.documents("documents") { try $0.int("n") } }
        #expect(numbers == [1, 2])
    }

    @Test(arguments: ["", "\u{0}", "a\u{0}b'\"\\\n\u{1F600}e\u{301}\u{E9}", String(repeating: "ü", count: 100_000)])
    func textsAreByteIdentical(_ text: String) throws {
        let document: BSONDocument = ["t": .text(text), "list": .texts([text, text])]
        #expect(try Array(document.read { try $0.text("t") }.utf8) == Array(text.utf8))
        let list = try document.read { try $0.texts("list") }
        #expect(list.map { Array($0.utf8) } == [Array(text.utf8), Array(text.utf8)])
    }

    @Test func emptyBytesAreBytes() throws {
        let document: BSONDocument = ["b": .bytes([]), "large": .bytes([UInt8](repeating: 1, count: 5 << 20))]
        #expect(try document.read { try $0.bytes("b") } == [])
        #expect(try document.read { try $0.bytes("large") }.count == 5 << 20)
        #expect(document.byteCount > 5 << 20)
    }

    @Test func whatDoesNotFitIsNamed() {
        let document: BSONDocument = ["text": "a", "number": 1]
        #expect(damage { try document.read { try $0.text("absent") } } == "absent")
        #expect(damage { try document.read { try $0.text("number") } } == "number")
        #expect(damage { try document.read { try $0.integer("text") } } == "text")
        #expect(damage { try document.read { try $0.word("text") { _ in Int?.none } } } == "text")
    }

    /// The member that an attempt to read complains about.
    private func damage<Value>(_ body: () throws -> Value) -> String? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? DamagedDocument)?.field
        }
    }
}
