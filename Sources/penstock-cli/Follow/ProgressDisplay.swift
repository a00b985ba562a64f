/// Shows progress: redrawn in place on a terminal, lines that become rarer elsewhere, nothing when it is to be quiet.
struct ProgressDisplay {
    private let channel: TextChannel
    private let isQuiet: Bool
    private var shownAt: Duration?
    private var isDrawn = false

    init(_ channel: TextChannel, isQuiet: Bool = false) {
        self.channel = channel
        self.isQuiet = isQuiet
    }

    /// Between two plain lines: often at first, once a minute in the log of a batch of hours.
    static func plainInterval(after time: Duration) -> Duration {
        min(max(.seconds(5), time / 10), .seconds(60))
    }

    /// - Parameter bar: makes a line for a terminal of the given width.
    mutating func show(plain: String, bar: (_ width: Int, _ colour: Bool) -> String, at time: Duration) {
        guard !isQuiet else { return }
        if let width = channel.terminal.width {
            // The last column stays free: some terminals break the line there.
            draw(bar(width - 1, channel.terminal.hasColour))
        } else if shownAt.map({ time - $0 >= Self.plainInterval(after: time) }) ?? true {
            channel.note(plain)
            shownAt = time
        }
    }

    /// A remark above the bar.
    mutating func remark(_ text: String) {
        end()
        channel.note(text)
    }

    /// Leaves the last state of the bar and goes on below it.
    mutating func end() {
        if isDrawn { channel.note("") }
        isDrawn = false
    }

    private mutating func draw(_ line: String) {
        // Where standard error is gone there is nobody left to tell.
        try? channel.write(Array("\r\(line)\u{1B}[K".utf8))
        isDrawn = true
    }
}
