import Glibc

/// Ctrl-C while following: says how to go on, then ends the process.
enum Interrupt {
    /// What the handler prints. Written only before a handler that could read it is installed, and never freed.
    nonisolated(unsafe) private static var farewell = UnsafeRawBufferPointer(start: nil, count: 0)

    /// From here on Ctrl-C ends the process as usual.
    static func restore() {
        signal(SIGINT, SIG_DFL)
    }

    /// The text must be ready beforehand: a signal handler may neither allocate nor lock.
    static func onControlC(print text: String) {
        restore()
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        copy.copyBytes(from: text.utf8)
        farewell = UnsafeRawBufferPointer(copy)
        signal(SIGINT) { _ in
            _ = write(STDERR_FILENO, Interrupt.farewell.baseAddress, Interrupt.farewell.count)
            _exit(CommandStatus.interrupted.rawValue)
        }
    }
}
