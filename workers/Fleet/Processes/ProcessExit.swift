import Glibc

/// How a process ended.
enum ProcessExit: Sendable, Equatable {
    case exited(code: CInt)
    case signalled(CInt)

    /// - Parameter status: as `waitpid` tells it.
    init(waitStatus status: CInt) {
        let signal = status & 0x7f
        self = signal == 0 ? .exited(code: (status >> 8) & 0xff) : .signalled(signal)
    }
}
