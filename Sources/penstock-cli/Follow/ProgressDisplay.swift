/// Shows progress: redrawn in place on a terminal, a line every few seconds elsewhere.
struct ProgressDisplay {
    private let channel: TextChannel
    private let plainInterval: Duration
    private var shownAt: Duration?
    private var isDrawn = false

    init(_ channel: TextChannel, plainInterval: Duration = .seconds(5)) {
        self.channel = channel
        self.plainInterval = plainInterval
    }

    /// - Parameter bar: makes a line for a terminal of the given width.
    mutating func show(plain: String, bar: (_ width: Int, _ colour: Bool) -> String, at time: Duration) {
        if let width = channel.terminal.width {
            // The last column stays free: some terminals break the line there.
            draw(bar(width - 1, channel.terminal.hasColour))
        } else if shownAt.map({ time - $0 >= plainInterval }) ?? true {
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
