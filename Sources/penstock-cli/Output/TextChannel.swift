import Glibc
import Synchronization

/// Standard output or standard error of this process.
///
/// SIGPIPE is ignored process-wide, so a reader that went away (`| head`) is seen here: nothing more is written then, and
/// that is no error.
final class TextChannel: Sendable {
    static let output = TextChannel(descriptor: STDOUT_FILENO)
    static let notes = TextChannel(descriptor: STDERR_FILENO)

    /// What the channel could show when the program began.
    let terminal: Terminal
    private let descriptor: Int32
    private let isClosed = Atomic(false)

    init(descriptor: Int32) {
        self.descriptor = descriptor
        terminal = Terminal(descriptor: descriptor)
    }

    /// What it can show now: windows change their size.
    var currentTerminal: Terminal { Terminal(descriptor: descriptor) }

    /// True once the reader has gone; whoever produces much may stop.
    var readerIsGone: Bool { isClosed.load(ordering: .relaxed) }

    /// - Throws: `CLIError.local`, for example when the disk is full.
    func write(_ bytes: [UInt8]) throws(CLIError) {
        guard !readerIsGone else { return }
        do {
            try SystemFile.writeAll(bytes, to: descriptor)
        } catch {
            guard error.code == EPIPE else { throw .local("cannot write the output: \(error.message)") }
            isClosed.store(true, ordering: .relaxed)
        }
    }

    /// Writes a line.
    func line(_ text: String = "") throws(CLIError) {
        try write(Array((text + "\n").utf8))
    }

    /// Writes lines of a table as wide as the terminal.
    func table(_ table: Table) throws(CLIError) {
        for line in table.lines(width: terminal.width, colour: terminal.hasColour) { try self.line(line) }
    }

    /// Writes a remark. Where standard error is gone there is nobody left to tell.
    func note(_ text: String) {
        try? write(Array((text + "\n").utf8))
    }
}
