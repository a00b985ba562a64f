import JSON
import Testing

@testable import Intake

/// The body of a message batch, taken apart while it arrives.
@Suite(.timeLimit(.minutes(1)))
struct RequestsSplitterTests {
    private enum Outcome: Equatable {
        case parts([RequestsSplitter.Part], isFinished: Bool)
        case failed(RequestsError)
    }

    private func split(_ body: [UInt8], chunk: Int, most: Int = 1000) -> Outcome {
        var splitter = RequestsSplitter(maxValueBytes: most)
        var parts: [RequestsSplitter.Part] = []
        do throws(RequestsError) {
            for start in stride(from: 0, to: body.count, by: chunk) {
                splitter.append(body[start..<min(start + chunk, body.count)])
                while let part = try splitter.next() { parts.append(part) }
            }
        } catch {
            return .failed(error)
        }
        return .parts(parts, isFinished: splitter.isFinished)
    }

    private func request(_ text: String) -> RequestsSplitter.Part { .request(Array(text.utf8)) }
    private func member(_ name: String, _ value: String) -> RequestsSplitter.Part {
        .member(name: Array("\"\(name)\"".utf8), value: Array(value.utf8))
    }

    private static let body = #"""
         {"metadata" : {"a":["]}"]}, "n":12, "requests": [ {"custom_id":"a\"}]","params":{"x":[1,{"y":"\\"}]}} ,
        {"b":2}], "completion_window":"1h" }
        """#

    @Test(arguments: [1, 2, 3, 7, 1000])
    func partsDoNotDependOnChunks(_ chunk: Int) {
        let expected = [
            member("metadata", #"{"a":["]}"]}"#), member("n", "12"),
            request(#"{"custom_id":"a\"}]","params":{"x":[1,{"y":"\\"}]}}"#), request(#"{"b":2}"#),
            member("completion_window", #""1h""#),
        ]
        #expect(split(Array(Self.body.utf8), chunk: chunk) == .parts(expected, isFinished: true))
    }

    @Test(arguments: [
        "[]", "{]", "{\"requests\" []}", "{\"requests\":[{}]", "{\"requests\":{}}", "{\"requests\":[]} x", "{\"a\":1,}",
        "{\"requests\":[],\"requests\":[]}", "{requests:[]}", "", "{\"a\":1}",
    ])
    func whatIsNoSuchBodyIsNotFinished(_ body: String) {
        switch split(Array(body.utf8), chunk: 1000) {
        case .failed(let error): #expect(error == .malformed)
        case .parts(_, let isFinished): #expect(!isFinished)
        }
    }

    @Test func aLongRequestIsRefusedBeforeItIsThere() {
        let body = Array(#"{"requests":[{"a":""#.utf8) + [UInt8](repeating: 65, count: 100)
        #expect(split(body, chunk: 10, most: 50) == .failed(.tooLong))
    }

    /// Any bytes: no crash, the same verdict however they are cut, and never more than was sent.
    @Test func damagedBodiesNeverCrash() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("{}[]\",:\\ 1a\n".utf8)
        for _ in 0..<20_000 {
            var body = Array(Self.body.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: body[place] = alphabet.randomElement(using: &random) ?? 0
                case 1: body.remove(at: place)
                default: body.insert(alphabet.randomElement(using: &random) ?? 0, at: place)
                }
            }
            let whole = split(body, chunk: body.count)
            #expect(whole == split(body, chunk: Int.random(in: 1...9, using: &random)), "\(body)")
        }
    }
}
