import Glibc

/// The alternate screen of a terminal: drawn over again and again, and gone without a trace.
final class LiveScreen {
    /// Lines wider than the screen are cut by the terminal instead of wrapped.
    private static let entering = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
    private static let leaving = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    private let channel: TextChannel
    private let input: Int32?
    /// How the input was; set while it is ours.
    private var inputMode: termios?

    /// - Parameter input: a terminal whose keys come one by one and unseen meanwhile.
    init(_ channel: TextChannel, input: Int32?) {
        self.channel = channel
        self.input = input
    }

    /// What it can show now.
    var terminal: Terminal { channel.currentTerminal }

    func enter() throws(CLIError) {
        if let input {
            var mode = termios()
            if tcgetattr(input, &mode) == 0 {
                inputMode = mode
                mode.c_lflag &= ~tcflag_t(ICANON | ECHO)
                tcsetattr(input, TCSADRAIN, &mode)
            }
        }
        try channel.write(Array(Self.entering.utf8))
    }

    /// The terminal is as it was. Where it is gone there is nothing to restore.
    func leave() {
        try? channel.write(Array(Self.leaving.utf8))
        if let input, var mode = inputMode { tcsetattr(input, TCSADRAIN, &mode) }
        inputMode = nil
    }

    /// Replaces what is shown; what does not fit is counted in the last line.
    ///
    /// - Parameter forMore: how the reader comes to see it.
    func draw(_ lines: [String], forMore: String) throws(CLIError) {
        let height = terminal.height ?? 24
        var shown = lines
        if lines.count > height {
            let room = max(0, height - 1)
            shown = lines.prefix(room) + ["… \((lines.count - room).grouped) more lines; \(forMore)"]
        }
        // No line break after the last line: the screen would scroll.
        let text = shown.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n")
        try channel.write(Array("\u{1B}[H\(text)\u{1B}[J".utf8))
    }
}
