import Glibc
import Testing

@testable import penstock

struct ForeignTextTests {
    /// What would clear a screen, go back in a line, be a control of an 8-bit terminal or turn text around.
    private static let hostile = "a\u{1B}[2Jb\rc\u{7F}d\u{9B}2Je\u{202E}f\u{2066}g\u{2028}h"
    private static let harmless = "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d\u{FFFD}2Je\u{FFFD}f\u{FFFD}g\u{FFFD}h"

    @Test(arguments: [1, 2, 3, 5, 1000]) func aTerminalIsNotSteered(pieceBytes: Int) async throws {
        let terminal = try PseudoTerminal(columns: 80)
        var text = ForeignText(TextChannel(descriptor: terminal.program))
        let bytes = Array("\(Self.hostile) é水😀\tend.".utf8)
        for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
            try text.write(Array(bytes[start..<min(start + pieceBytes, bytes.count)]))
        }
        try text.finish()
        let seen = try await terminal.waitFor("end.")
        #expect(seen.contains("\(Self.harmless) é水😀"))
        #expect(!seen.contains("\u{1B}"))
    }

    @Test func bytesThatAreNoTextSteerNoTerminalEither() async throws {
        let terminal = try PseudoTerminal(columns: 80)
        let channel = TextChannel(descriptor: terminal.program)
        try channel.foreign([0x61, 0x9B, 0x32, 0x4A, 0xE6, 0xB0])
        try channel.line("end")
        #expect(try await terminal.waitFor("end").contains("a\u{FFFD}2J\u{FFFD}end"))
    }

    @Test func anyOtherReaderGetsTheBytesAsTheyAre() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        let bytes = Array(Self.hostile.utf8) + [0x9B, 0xE6]
        try TextChannel(descriptor: ends[1]).foreign(bytes)
        var read = [UInt8](repeating: 0, count: 200)
        let count = Glibc.read(ends[0], &read, read.count)
        #expect(Array(read.prefix(count)) == bytes)
    }

    @Test func errorsNameFilesWithoutTheirControls() {
        #expect(CLIError.local("cannot write \(Self.hostile)\nnext").text == "cannot write \(Self.harmless)\nnext")
    }
}
