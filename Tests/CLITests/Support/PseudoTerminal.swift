import Glibc

/// A terminal without a screen: what a program draws is read from the other side.
final class PseudoTerminal {
    /// The program's side.
    let program: Int32
    private let screen: Int32

    /// `TIOCSPTLCK` and `TIOCGPTN`, which Swift does not import.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430

    /// - Parameter columns: its width.
    init(columns: UInt16, rows: UInt16 = 24) throws {
        screen = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var locked: Int32 = 0
        var number: Int32 = 0
        guard screen >= 0, ioctl(screen, Self.setLock, &locked) == 0, ioctl(screen, Self.getNumber, &number) == 0 else {
            throw SocketFailure(code: errno)
        }
        program = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard program >= 0 else { throw SocketFailure(code: errno) }
        try resize(columns: columns, rows: rows)
    }

    deinit {
        close(program)
        close(screen)
    }

    /// Changes the window; whoever draws has to be told with SIGWINCH.
    func resize(columns: UInt16, rows: UInt16) throws {
        var size = winsize()
        size.ws_col = columns
        size.ws_row = rows
        guard ioctl(program, UInt(TIOCSWINSZ), &size) == 0 else { throw SocketFailure(code: errno) }
    }

    /// Presses keys.
    func type(_ keys: String) {
        _ = keys.withCString { write(screen, $0, strlen($0)) }
    }

    /// Whether lines are edited and keys shown, as a shell wants it.
    var isCooked: Bool {
        var mode = termios()
        return tcgetattr(program, &mode) == 0 && mode.c_lflag & tcflag_t(ICANON | ECHO) == tcflag_t(ICANON | ECHO)
    }

    /// Reads until `text` is drawn.
    ///
    /// - Returns: all that was read, up to it and a little more.
    @discardableResult
    func waitFor(_ text: String) async throws -> String {
        var seen = ""
        while !seen.contains(text) {
            try await Task.sleep(for: .milliseconds(5))
            seen += drawn()
        }
        return seen
    }

    /// All that was drawn so far; what fits the kernel's buffer.
    func drawn() -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 12)
        var poller = pollfd(fd: screen, events: Int16(POLLIN), revents: 0)
        while poll(&poller, 1, 0) > 0, poller.revents & Int16(POLLIN) != 0 {
            let count = read(screen, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
