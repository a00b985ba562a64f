import Glibc

/// What the other end of a descriptor can show.
struct Terminal: Sendable, Equatable {
    /// Columns; nil when it is no terminal, so that nothing is cut there.
    let width: Int?
    let hasColour: Bool
    /// Lines; nil where that is unknown.
    let height: Int?

    init(width: Int?, hasColour: Bool, height: Int? = nil) {
        self.width = width
        self.hasColour = hasColour
        self.height = height
    }

    /// Looks at the descriptor and at `NO_COLOR` and `TERM`.
    init(descriptor: Int32) {
        guard isatty(descriptor) == 1, Environment["TERM"] != "dumb" else {
            self.init(width: nil, hasColour: false)
            return
        }
        var size = winsize()
        let known = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        self.init(
            width: known ? Int(size.ws_col) : 80,
            hasColour: Environment["NO_COLOR"] == nil,
            height: known && size.ws_row > 0 ? Int(size.ws_row) : nil
        )
    }

    var isTerminal: Bool { width != nil }
}

/// The process's environment variables; an empty one counts as unset.
enum Environment {
    static subscript(name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }
}
