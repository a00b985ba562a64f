import JSON
import JSONFuzz
import Testing

struct LinesTests {
    private struct Outcome: Equatable {
        var lines: [JSONLine] = []
        var error: JSONError?
    }

    private func read(_ chunks: [ArraySlice<UInt8>], maxLineBytes: Int = 100) -> Outcome {
        var lines = JSONLines(maxLineBytes: maxLineBytes)
        var outcome = Outcome()
        do throws(JSONError) {
            for chunk in chunks {
                lines.append(chunk)
                while let line = try lines.next() { outcome.lines.append(line) }
            }
            lines.finish()
            while let line = try lines.next() { outcome.lines.append(line) }
        } catch {
            outcome.error = error
        }
        return outcome
    }

    private func read(_ text: String, maxLineBytes: Int = 100) -> Outcome {
        read([Array(text.utf8)[...]], maxLineBytes: maxLineBytes)
    }

    @Test func linesKnowTheirPlace() {
        let lines = read("{}\n\r\n [1]\r\n \t\nlast").lines
        #expect(lines.map { text($0.bytes) } == ["{}", "", " [1]", " \t", "last"])
        #expect(lines.map(\.lineNumber) == [1, 2, 3, 4, 5])
        #expect(lines.map(\.byteOffset) == [0, 3, 5, 11, 14])
        #expect(lines.map(\.isBlank) == [false, true, false, true, false])
    }

    @Test func emptyStreamsAndFinalLineBreaksGiveNoLine() {
        #expect(read("").lines.isEmpty)
        #expect(read("a\n").lines.count == 1)
        #expect(read("\n").lines.map(\.isBlank) == [true])
    }

    @Test func lineLimitIsExact() {
        #expect(read("abc\nabc\r\nabc", maxLineBytes: 3).error == nil)
        for input in ["abc\nabcd\nx", "abc\nabcd\r\nx", "abc\nabcd", "abc\nabcdefgh", "abc\nabc\rx\n"] {
            let outcome = read(input, maxLineBytes: 3)
            #expect(outcome.lines.count == 1)
            #expect(outcome.error?.code == .lineTooLong)
            #expect(outcome.error?.offset == 7)
        }
    }

    @Test func longLinesAreRefusedBeforeTheirEnd() throws {
        var lines = JSONLines(maxLineBytes: 3)
        lines.append(Array("abc\r".utf8))
        #expect(try lines.next() == nil)
        lines.append(Array("x".utf8))
        let error = try #require(throws: JSONError.self) { try lines.next() }
        #expect(lines.lineNumber == 1)
        lines.append(Array("\nok\n".utf8))
        #expect(throws: error) { try lines.next() }
    }

    @Test func chunksDoNotMatter() {
        var random = SplitMix64(seed: 11)
        let alphabet = Array("ab \t\r\n\n{}".utf8)
        for _ in 0..<3000 {
            let count = Int.random(in: 0...60, using: &random)
            let bytes = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
            let limit = Int.random(in: 0...12, using: &random)
            let whole = read([bytes[...]], maxLineBytes: limit)
            let chunks = Invariants.randomChunks(of: bytes, using: &random)
            #expect(read(chunks, maxLineBytes: limit) == whole)
            for line in whole.lines {
                #expect(bytes[line.byteOffset...].starts(with: line.bytes))
                #expect(line.bytes.count <= limit)
            }
        }
    }
}
