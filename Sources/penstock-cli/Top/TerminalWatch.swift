import Glibc

/// What happens at a terminal while a screen is drawn on it.
enum TerminalEvent: Sendable, Equatable {
    case resized
    /// A key to leave with, or the end of the input.
    case left
    /// A signal that ends the process.
    case ended(signal: Int32)
    /// Ctrl-Z.
    case suspended
}

/// Tells of signals and keys, from a thread of its own that sleeps until there are any.
final class TerminalWatch: Sendable {
    private static let ending = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
    private static let leavingKeys = [UInt8(ascii: "q"), UInt8(ascii: "Q"), 0x04]
    /// Where the handler writes signals to. Written only while no handler that reads it is installed.
    nonisolated(unsafe) private static var signals: Int32 = -1

    private let reading: Int32
    private let writing: Int32
    /// -1 for none.
    private let input: Int32
    private let report: @Sendable (TerminalEvent) -> Void

    /// - Parameter input: where keys come from; nil when that is no terminal.
    /// - Throws: `CLIError.local` when the process is out of resources.
    init(input: Int32?, report: @escaping @Sendable (TerminalEvent) -> Void) throws(CLIError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw .local("cannot watch the terminal: \(SystemError.current.message)")
        }
        (reading, writing) = (ends[0], ends[1])
        // A handler must never wait.
        _ = fcntl(writing, F_SETFL, O_NONBLOCK)
        self.input = input ?? -1
        self.report = report
        try startThread()
        Self.signals = writing
        for number in Self.ending + [SIGWINCH, SIGTSTP] {
            signal(number) { number in
                // A handler may not do more than this.
                var byte = UInt8(truncatingIfNeeded: number)
                let code = errno
                _ = write(TerminalWatch.signals, &byte, 1)
                errno = code
            }
        }
    }

    deinit {
        close(reading)
        close(writing)
    }

    /// From here on signals do what they usually do.
    func stop() {
        for number in Self.ending + [SIGWINCH, SIGTSTP] { signal(number, SIG_DFL) }
        var end: UInt8 = 0
        _ = write(writing, &end, 1)
    }

    private func startThread() throws(CLIError) {
        let this = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { context in
                if let context { Unmanaged<TerminalWatch>.fromOpaque(context).takeRetainedValue().watch() }
                return nil
            },
            this.toOpaque()
        )
        guard code == 0 else {
            this.release()
            throw .local("cannot watch the terminal: \(SystemError(code: code).message)")
        }
        pthread_detach(thread)
    }

    private func watch() {
        var sources = [reading, input].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while true {
            guard poll(&sources, nfds_t(sources.count), -1) > 0 else { continue }
            if sources[0].revents != 0, !passOnSignals() { return }
            if sources[1].revents != 0, !passOnKeys() { sources[1].fd = -1 }
        }
    }

    /// - Returns: false when the watch is over.
    private func passOnSignals() -> Bool {
        for byte in (try? SystemFile.read(reading, limit: 64)) ?? [] {
            switch Int32(byte) {
            case 0: return false
            case SIGWINCH: report(.resized)
            case SIGTSTP: report(.suspended)
            case let number: report(.ended(signal: number))
            }
        }
        return true
    }

    /// - Returns: false when no more keys will come.
    private func passOnKeys() -> Bool {
        let keys = (try? SystemFile.read(input, limit: 64)) ?? []
        if keys.isEmpty || keys.contains(where: Self.leavingKeys.contains) { report(.left) }
        return !keys.isEmpty
    }
}
